//! The recommended stack over reqwest, and reqwest's own response at the end.
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
use http::{Request, Uri};
use http_body_util::Full;
use std::process::ExitCode;
use tokio_rustls::rustls::crypto::ring;
use tower::{BoxError, ServiceExt};
use tower_retry_policy::{History, ReqwestService, RetryError, Standard, StandardLayer};

/// Fetches JSON with reqwest, and tells the story of the call.
#[derive(Parser)]
struct Arguments {
    /// What to fetch
    #[arg(value_parser = arguments::url)]
    url: Uri,
}

/// Whether the answer is a failure.
async fn fetch(url: Uri) -> Result<bool, BoxError> {
    // reqwest follows redirects by itself, and behind one nobody knows that the first request has arrived. `build` switches
    // that off; `follow_redirects` shows where redirects belong.
    let client = ReqwestService::build(reqwest::Client::builder())?;
    let service: Standard<ReqwestService> = StandardLayer::json().service(client);

    let response = service.oneshot(Request::get(url).body(Full::<Bytes>::default())?).await?;

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
