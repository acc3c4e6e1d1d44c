//! The same as `start`, with the stack put together from its layers.
//!
//! ```text
//! cargo run --release --example by_parts -- https://httpbin.org/json
//! ```

#![allow(clippy::print_stdout, reason = "a program speaks to its user")]

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::time::Duration;
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_content_check::ContentCheckLayer;
use tower_retry_policy::{AttemptTimeoutLayer, DeadlineLayer, RetryLayer, RetryPolicy};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let tls = HttpsConnectorBuilder::new().with_native_roots()?.https_or_http().enable_http1().build();
    let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(tls);

    let second = Duration::from_secs(1);
    let client = ServiceBuilder::new()
        .layer(DeadlineLayer::new(30 * second)) // one limit over all attempts and waits
        .layer(RetryLayer::new(RetryPolicy::standard())) // three attempts, backoff with jitter, a budget
        .layer(ContentCheckLayer::json()) // reads the body inside the attempt, and judges it
        .layer(AttemptTimeoutLayer::new().head(5 * second).idle(5 * second).total(10 * second))
        .service(client); // hyper-util's, reqwest's, an axum router, a mock

    let url = std::env::args().nth(1).expect("a URL");
    let response = client.oneshot(Request::get(url).body(Full::<Bytes>::default())?).await?;
    let status = response.status();
    let document: serde_json::Value = response.into_body().into_json().await?;
    println!("{status}: {document}");
    Ok(())
}
