//! The recommended stack in one line, over hyper-util's client with TLS: the README's first program.
//!
//! ```text
//! cargo run --release --example start -- https://httpbin.org/json
//! ```

#![allow(clippy::print_stdout, reason = "a program speaks to its user")]

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::time::Duration;
use tower::{BoxError, ServiceExt};
use tower_retry_policy::StandardLayer;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let tls = HttpsConnectorBuilder::new().with_native_roots()?.https_or_http().enable_http1().build();
    let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(tls);
    let client = StandardLayer::json().deadline(Duration::from_secs(30)).service(client);

    let url = std::env::args().nth(1).expect("a URL");
    let response = client.oneshot(Request::get(url).body(Full::<Bytes>::default())?).await?;
    let status = response.status();
    let document: serde_json::Value = response.into_body().into_json().await?;
    println!("{status}: {document}");
    Ok(())
}
