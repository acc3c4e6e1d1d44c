//! Redirects outside the retry, decompression inside: both are tower-http's, and where they stand matters.
//!
//! ```text
//! cargo run --release --example follow_redirects -- http://127.0.0.1:8080/moved
//! ```
//!
//! **Redirects outside the retry**: each hop is a call of its own. What fails behind a redirect is tried again there, and
//! not from the first address on; and a `POST` whose redirect leads to a host that is down is not taken for one that
//! never left. **Decompression inside the retry, below the content check**: what does not unpack is a broken body, so it
//! is tried again, and the check sees the content and not its packing.
//!
//! The server is the program `misbehaving_server`: its `/moved` leads to `/packed`, whose gzip is broken at first.

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
use tower_content_check::{ContentCheckLayer, check::NotEmpty};
use tower_http::{
    decompression::DecompressionLayer,
    follow_redirect::{FollowRedirectLayer, RequestUri},
};
use tower_retry_policy::{
    AttemptTimeoutLayer, CallEnd, DeadlineLayer, Observer, RetryError, RetryLayer, RetryPolicy,
};

/// Follows redirects to their end, and tells of every hop.
#[derive(Parser)]
struct Arguments {
    /// Where to begin
    #[arg(value_parser = arguments::url)]
    url: Uri,
}

/// Each hop is a call for the policy, so its observer hears of each.
#[derive(Debug)]
struct Hops;

impl Observer for Hops {
    fn ended(&self, call: &CallEnd<'_>) {
        let Some(status) = call.status() else { return }; // the error at the end says it all
        println!("{} {}: {status}", call.method(), arguments::without_query(call.uri()));
        if let Some(history) = call.history() {
            println!("  {history}");
        }
    }
}

/// Whether the last answer is a failure.
async fn fetch(url: Uri) -> Result<bool, BoxError> {
    let connector = HttpsConnectorBuilder::new().with_native_roots()?.https_or_http().enable_http1().build();
    let client = Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .build::<_, Full<Bytes>>(connector);

    let service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(Duration::from_secs(30))) // all hops together
        .layer(FollowRedirectLayer::new()) // at most ten, and no credentials for other hosts
        .layer(RetryLayer::new(RetryPolicy::standard().observer(Hops)))
        .layer(ContentCheckLayer::new(NotEmpty)) // reads what was unpacked
        .layer(DecompressionLayer::new())
        .layer(AttemptTimeoutLayer::new().head(Duration::from_secs(5)).idle(Duration::from_secs(5)))
        .service(client);

    let response = service.oneshot(Request::get(url).body(Full::default())?).await?;

    let status = response.status();
    let last = response.extensions().get::<RequestUri>().map(|RequestUri(uri)| uri.clone());
    let content = response.into_body().collect().await?.to_bytes();
    let last = arguments::without_query(&last.unwrap_or_default());
    println!("{} bytes from {last}", content.len());
    Ok(status.is_client_error() || status.is_server_error())
}

#[tokio::main]
async fn main() -> ExitCode {
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
