//! Over hyper-util's client, HTTP/1 and HTTP/2, on loopback, against a server that cuts.

use crate::{
    reader::read,
    wire::{
        Empty, Server,
        Step::{self, Cut, Reset, Status, Whole},
    },
};
use bytes::Bytes;
use http::{Request, Response};
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioIo},
};
use std::time::Duration;
use tokio::{net::TcpListener, time::timeout};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};
use tower::{Service, ServiceBuilder, ServiceExt};
use tower_backoff::Backoff;
use tower_content_check::{check::Length, continuation::ContinueLayer};
use tower_retry_policy::{AttemptTimeoutLayer, FreshConnectionLayer, RetryLayer, RetryPolicy, StopReason};

/// Longer than any of these takes on a busy machine.
const LONGEST: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    Http1,
    Http2,
}

/// Serves it on loopback, and says where.
async fn listen(server: Server, version: Version) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let server = server.clone();
            let answer = service_fn(move |request: Request<Incoming>| {
                server.clone().call(request.map(|_| Empty::new()))
            });
            let io = TokioIo::new(stream);
            match version {
                Version::Http1 => drop(tokio::spawn(http1::Builder::new().serve_connection(io, answer))),
                Version::Http2 => {
                    let builder = http2::Builder::new(TokioExecutor::new());
                    drop(tokio::spawn(builder.serve_connection(io, answer)));
                }
            }
        }
    });
    format!("http://{address}/file")
}

fn client(version: Version) -> Client<hyper_util::client::legacy::connect::HttpConnector, Empty> {
    Client::builder(TokioExecutor::new()).http2_only(version == Version::Http2).build_http()
}

async fn fetch(server: &Server, version: Version, policy: &RetryPolicy, fresh: bool) -> crate::reader::Read {
    let url = listen(server.clone(), version).await;
    let without_pool = Client::builder(TokioExecutor::new())
        .http2_only(version == Version::Http2)
        .pool_max_idle_per_host(0)
        .build_http();
    let stack = ServiceBuilder::new()
        .layer(ContinueLayer::new(policy.clone()).check(Length::new()))
        .layer(RetryLayer::new(policy.clone()))
        .layer(AttemptTimeoutLayer::new().head(Duration::from_secs(5)).idle(Duration::from_millis(300)))
        .option_layer(fresh.then(|| FreshConnectionLayer::new(without_pool)))
        .service(client(version));
    let request = Request::get(url).body(Empty::new()).unwrap();
    timeout(LONGEST, async { read(stack.oneshot(request).await.unwrap().into_body()).await }).await.unwrap()
}

fn policy() -> RetryPolicy {
    // what a server has sent when it resets a stream may be lost with it
    RetryPolicy::standard().retries(20).backoff(Backoff::constant(Duration::from_millis(5))).without_budget()
}

#[tokio::test]
async fn a_server_that_cuts_resets_refuses_and_falls_silent() {
    let steps = [
        Cut(400_000),
        Status(503),
        Cut(300_000),
        Reset,
        Step::Silent(500_000),
        Cut(0),
        Cut(1),
        Cut(900_000),
        Whole,
    ];
    for (version, fresh) in
        [(Version::Http1, false), (Version::Http1, true), (Version::Http2, false), (Version::Http2, true)]
    {
        let server = Server::new(3_000_000, steps);
        let read = fetch(&server, version, &policy(), fresh).await;
        assert!(read.error.is_none(), "{version:?} {fresh}: {:?}", read.error);
        assert_eq!(read.delivered, 3_000_000);
        let count = server.count();
        assert!((3..=steps.len()).contains(&count), "{count} requests");
        assert!(server.ranges()[1..].iter().all(|range| range.ends_with("-2999999")));
    }
}

#[tokio::test]
async fn a_server_that_always_cuts_is_given_up() {
    for version in [Version::Http1, Version::Http2] {
        let server = Server::new(3_000_000, [Cut(10), Cut(0), Status(503)]);
        let read = fetch(&server, version, &policy().retries(3), false).await;
        assert_eq!(read.refusal().stop_reason(), Some(StopReason::Attempts), "{version:?}");
        assert_eq!(server.count(), 4, "{version:?}");
    }
}

/// As the recipe has it.
#[tokio::test]
async fn over_reqwest() {
    let no_tls = ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let client = reqwest::Client::builder()
        .no_proxy()
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .retry(reqwest::retry::never())
        .tls_backend_preconfigured(no_tls)
        .build()
        .unwrap();
    let client = tower::service_fn(move |request: Request<Bytes>| {
        let client = client.clone();
        async move { client.execute(reqwest::Request::try_from(request)?).await.map(Response::from) }
    });
    let server = Server::new(3_000_000, [Cut(400_000), Status(503), Cut(0), Step::Silent(500_000), Whole]);
    let url = listen(server.clone(), Version::Http1).await;
    let stack = ServiceBuilder::new()
        .layer(ContinueLayer::new(policy()).check(Length::new()))
        .layer(RetryLayer::new(policy()))
        .layer(AttemptTimeoutLayer::new().head(Duration::from_secs(5)).idle(Duration::from_millis(300)))
        .service(client);
    let request = Request::get(url).body(Bytes::new()).unwrap();
    let read = timeout(LONGEST, async { read(stack.oneshot(request).await.unwrap().into_body()).await });
    let read = read.await.unwrap();
    assert!(read.error.is_none(), "{:?}", read.error);
    assert_eq!((read.delivered, server.count()), (3_000_000, 5));
}
