//! The whole stack over hyper-util's client with TLS, layer by layer: the README's program.
//!
//! ```text
//! cargo run --release --example by_parts -- https://httpbin.org/json
//! ```

#![allow(clippy::print_stdout, reason = "a program speaks to its user")]

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
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

    let service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(Duration::from_secs(30))) // one limit over all attempts and waits
        .layer(RetryLayer::new(RetryPolicy::standard())) // three attempts, backoff with jitter, a budget
        .layer(ContentCheckLayer::json()) // reads the body inside the attempt
        .layer(AttemptTimeoutLayer::new().head(Duration::from_secs(10)).idle(Duration::from_secs(5)))
        .service(client);

    let url = std::env::args().nth(1).expect("a URL");
    let response = service.oneshot(Request::get(url).body(Full::<Bytes>::default())?).await?;
    let status = response.status();
    let document = response.into_body().collect().await?.to_bytes(); // it came whole, and it is JSON
    println!("{status}: {}", String::from_utf8_lossy(&document));
    Ok(())
}
