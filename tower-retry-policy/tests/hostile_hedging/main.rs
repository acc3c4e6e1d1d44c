//! Attempts that overlap, over real clients and servers that misbehave: what the server saw is what counts.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod client;
mod fault;
mod http1;
mod http2;
mod losers;
mod matrix;
mod script;
mod server;
mod tokens;
mod uploads;

use bytes::Bytes;
use client::{Kind, Wire, boxed};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use server::Version;
use std::time::Duration;
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_content_check::{ContentCheckLayer, check::Length};
use tower_retry_policy::{AttemptTimeoutLayer, RetryLayer, RetryPolicy};

/// What came of a call: the status and the content, or nothing.
type Outcome = Result<(StatusCode, Option<usize>, Bytes), BoxError>;

const LIMIT: Duration = Duration::from_millis(600);

fn policy() -> RetryPolicy {
    RetryPolicy::standard().retries(3).backoff(tower_backoff::Backoff::none()).without_budget()
}

/// The retry over a content check, and limits that nothing but silence reaches.
fn stack(retry: RetryLayer, wire: Wire<Full<Bytes>>) -> Wire<Full<Bytes>> {
    with_limits(AttemptTimeoutLayer::new().head(LIMIT).idle(LIMIT), retry, wire)
}

fn with_limits(limits: AttemptTimeoutLayer, retry: RetryLayer, wire: Wire<Full<Bytes>>) -> Wire<Full<Bytes>> {
    let service = ServiceBuilder::new()
        .map_response(boxed)
        .layer(retry)
        .layer(ContentCheckLayer::new(Length::new()))
        .layer(limits)
        .service(wire);
    // a task cannot hold a service that is made of others and names `BoxError` (rust-lang/rust#110338)
    Wire::new(service)
}

/// The outcome with the body read to its end.
async fn call<B: 'static>(wire: Wire<B>, request: Request<B>) -> Outcome {
    let (head, body) = wire.oneshot(request).await?.into_parts();
    let number = head.headers.get("x-number").map(|number| number.to_str().unwrap().parse().unwrap());
    Ok((head.status, number, body.collect().await?.to_bytes()))
}

const KINDS: [(Kind, Version); 4] = [
    (Kind::Hyper, Version::Http1),
    (Kind::Hyper, Version::Http2),
    (Kind::Reqwest, Version::Http1),
    (Kind::Reqwest, Version::Http2),
];
