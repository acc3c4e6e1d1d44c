//! The whole stack over hyper-util's client, against any URL.
//!
//! ```text
//! cargo run --release --example hyper_client -- https://example.com/
//! cargo run --release --example hyper_client -- --json --patience 0.5 http://127.0.0.1:8080/page
//! ```
//!
//! It prints what came, and the story of the call: every attempt, how it ended, and how long was waited after it. The
//! second URL is one of the program `misbehaving_server`; others are in its list.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks to its user")]

mod arguments;

use bytes::Bytes;
use clap::Parser;
use http::{Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use std::{process::ExitCode, time::Duration};
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_content_check::{
    ContentCheckLayer,
    check::{Json, Length, NotEmpty},
};
use tower_retry_policy::{AttemptTimeoutLayer, DeadlineLayer, History, RetryError, RetryLayer, RetryPolicy};

/// Fetches a URL and tells the story of the call.
#[derive(Parser)]
struct Arguments {
    /// What to fetch
    #[arg(value_parser = arguments::url)]
    url: Uri,
    /// Nothing but JSON is accepted
    #[arg(long)]
    json: bool,
    /// How long the server may be silent, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = arguments::seconds)]
    patience: Duration,
}

/// Whether the answer is a failure.
async fn fetch(Arguments { url, json, patience }: Arguments) -> Result<bool, BoxError> {
    // The client. Its pool needs a timer to let go of idle connections.
    let connector = HttpsConnectorBuilder::new().with_native_roots()?.https_or_http().enable_http1().build();
    let client = Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .build::<_, Full<Bytes>>(connector);

    // The stack, from the outside to the inside.
    let service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(Duration::from_secs(60))) // all attempts together
        .layer(RetryLayer::new(RetryPolicy::standard())) // three attempts
        .layer(ContentCheckLayer::new((Length::new(), NotEmpty, json.then(Json::new)))) // reads the body
        .layer(AttemptTimeoutLayer::new().head(patience).idle(patience)) // each attempt by itself
        .service(client);

    let request = Request::get(url).header("user-agent", "hyper_client").body(Full::default())?;
    let response = service.oneshot(request).await?;

    let status = response.status();
    let history = History::of(&response).cloned();
    let content = response.into_body().collect().await?.to_bytes();
    println!("{status}, {} bytes", content.len());
    match history {
        Some(history) => println!("{history}"),
        None => println!("1 attempt"), // one that was good costs no history
    }
    Ok(status.is_client_error() || status.is_server_error())
}

#[tokio::main]
async fn main() -> ExitCode {
    match fetch(Arguments::parse()).await {
        Ok(failed) => ExitCode::from(u8::from(failed)),
        Err(error) => {
            // the outline names method and host; the history has the text of each attempt's error
            let story = RetryError::find(&*error).map(|error| error.history().to_string());
            eprintln!("error: {}", story.unwrap_or_else(|| error.to_string()));
            ExitCode::FAILURE
        }
    }
}
