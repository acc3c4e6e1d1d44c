//! A payment is taken, and its answer redirects to a host that cannot be reached: how often is it taken, by reqwest as it
//! is, and by reqwest that leaves redirects to a layer outside of the retry?

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use reqwest::redirect::Policy;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_backoff::Backoff;
use tower_http::follow_redirect::FollowRedirectLayer;
use tower_retry_policy::{Phase, RetryLayer, RetryPolicy};

/// Answers every request with a redirect to a port that nobody listens on; counts the `POST`s.
async fn server() -> (SocketAddr, Arc<AtomicU32>) {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let payments = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&payments);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = [0; 1024];
            let read = stream.read(&mut head).await.unwrap();
            counter.fetch_add(u32::from(head[..read].starts_with(b"POST ")), Ordering::SeqCst);
            let answer = format!(
                "HTTP/1.1 303 See Other\r\nlocation: http://{nobody}/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (address, payments)
}

fn client(
    redirects: Policy,
) -> impl Service<Request<Full<Bytes>>, Response = Response<reqwest::Body>, Error = BoxError, Future: Send> + Clone
{
    let builder = reqwest::Client::builder().no_proxy().retry(reqwest::retry::never()).redirect(redirects);
    let client = builder.tls_backend_preconfigured(no_tls()).build().unwrap();
    service_fn(move |request: Request<Full<Bytes>>| {
        let client = client.clone();
        async move {
            let request = reqwest::Request::try_from(request.map(reqwest::Body::wrap))?;
            Ok(Response::from(client.execute(request).await?))
        }
    })
}

/// reqwest wants to know how it would speak TLS, even if it never does.
fn no_tls() -> tokio_rustls::rustls::ClientConfig {
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    tokio_rustls::rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(tokio_rustls::rustls::RootCertStore::empty())
        .with_no_client_auth()
}

fn payment(address: SocketAddr) -> Request<Full<Bytes>> {
    Request::post(format!("http://{address}/payments")).body(Full::from("1 EUR")).unwrap()
}

fn policy() -> RetryPolicy {
    RetryPolicy::standard().retries(2).backoff(Backoff::none())
}

#[tokio::test]
async fn redirects_that_the_client_follows_hide_that_the_request_arrived() {
    let (address, payments) = server().await;
    let service = ServiceBuilder::new().layer(RetryLayer::new(policy())).service(client(Policy::default()));
    let error = service.oneshot(payment(address)).await.unwrap_err();
    assert_eq!(Phase::of(&*error), Phase::Connect);
    // reqwest names the first address and not the hop: should that change, the policy can do better
    let told = error.source().and_then(|source| source.downcast_ref::<reqwest::Error>()).unwrap();
    assert_eq!(told.url().unwrap().as_str(), format!("http://{address}/payments"));
    assert_eq!(payments.load(Ordering::SeqCst), 3, "the warning in the documentation is still needed");
}

#[tokio::test]
async fn redirects_outside_of_the_retry_leave_the_request_sent_once() {
    let (address, payments) = server().await;
    let service = ServiceBuilder::new()
        .layer(FollowRedirectLayer::new())
        .layer(RetryLayer::new(policy()))
        .service(client(Policy::none()));
    let error = service.oneshot(payment(address)).await.unwrap_err();
    assert_eq!(Phase::of(&*error), Phase::Connect);
    assert_eq!(payments.load(Ordering::SeqCst), 1);
    let (address, _) = server().await;
    let seen = client(Policy::none()).oneshot(payment(address)).await.unwrap();
    assert_eq!(seen.status(), StatusCode::SEE_OTHER);
}
