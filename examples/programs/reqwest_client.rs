//! The stack over reqwest: its client as a Tower service, and its own response at the end.
//!
//! ```text
//! cargo run --release --example reqwest_client -- http://127.0.0.1:8080/cut
//! ```
//!
//! The server is the program `misbehaving_server`; any other that answers with JSON will do.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks to its user")]

mod arguments;

use bytes::Bytes;
use clap::Parser;
use http::{Request, Response, Uri};
use std::{process::ExitCode, time::Duration};
use tokio_rustls::rustls::crypto::ring;
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
use tower_content_check::ContentCheckLayer;
use tower_retry_policy::{AttemptTimeoutLayer, DeadlineLayer, History, RetryError, RetryLayer, RetryPolicy};

/// Fetches JSON with reqwest, and tells the story of the call.
#[derive(Parser)]
struct Arguments {
    /// What to fetch
    #[arg(value_parser = arguments::url)]
    url: Uri,
}

/// Whether the answer is a failure.
async fn fetch(url: Uri) -> Result<bool, BoxError> {
    // What it does by itself the policy does not see: its retries would multiply with those of the policy, and behind a
    // redirect nobody knows that the first request has arrived. `follow_redirects` shows where redirects belong. Its
    // timeouts are off unless somebody sets them.
    let client = reqwest::Client::builder()
        .retry(reqwest::retry::never())
        .redirect(reqwest::redirect::Policy::none())
        .build()?;

    // Its service has request and response types of its own: this is all that it takes to make them http's.
    let client = service_fn(move |request: Request<Bytes>| {
        let client = client.clone();
        async move { client.execute(reqwest::Request::try_from(request)?).await.map(Response::from) }
    });

    let service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(Duration::from_secs(30)))
        .layer(RetryLayer::new(RetryPolicy::standard()))
        .layer(ContentCheckLayer::json())
        .layer(AttemptTimeoutLayer::new().head(Duration::from_secs(5)).idle(Duration::from_secs(5)))
        .service(client);

    let response = service.oneshot(Request::get(url).body(Bytes::new())?).await?;

    // And back again, for those who want to go on with reqwest's response.
    let history = History::of(&response).cloned();
    let response = reqwest::Response::from(response.map(reqwest::Body::wrap));
    let status = response.status();
    println!("{status}: {}", response.text().await?);
    if let Some(history) = history {
        println!("{history}");
    }
    Ok(status.is_client_error() || status.is_server_error())
}

#[tokio::main]
async fn main() -> ExitCode {
    // reqwest is built without a TLS provider of its own here, so the process needs one
    let _ = ring::default_provider().install_default();
    match fetch(Arguments::parse().url).await {
        Ok(failed) => ExitCode::from(u8::from(failed)),
        Err(error) => {
            // the outline names method and host; the history has the text of each attempt's error
            let story = RetryError::find(&*error).map(|error| error.history().to_string());
            eprintln!("error: {}", story.unwrap_or_else(|| error.to_string()));
            ExitCode::FAILURE
        }
    }
}
