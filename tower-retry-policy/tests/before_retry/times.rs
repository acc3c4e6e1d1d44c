//! When it runs, and what is held meanwhile.

use crate::{
    server::{Server, policy},
    support::request,
};
use std::time::Duration;
use tokio::time::sleep;
use tower::{Layer, ServiceBuilder, ServiceExt, limit::ConcurrencyLimitLayer};
use tower_retry_policy::{RetryLayer, RetryPolicy};

#[tokio::test(start_paused = true)]
async fn after_the_wait_and_before_readiness() {
    let server = Server::new(&[503, 503, 200]);
    let log = server.log.clone();
    let layer = RetryLayer::new(policy()).before_retry(move |failed, next| {
        let log = log.clone();
        async move {
            log.note(&format!("hook after {}", failed.number()));
            sleep(Duration::from_millis(30)).await;
            Ok(next)
        }
    });
    layer.layer(server.clone()).oneshot(request("GET")).await.unwrap();
    let expected = [
        "ready 0",
        "call 1 0",
        "hook after 1 100",
        "ready 130",
        "call 2 130",
        "hook after 2 230",
        "ready 260",
        "call 3 260",
    ];
    assert_eq!(server.log.lines(), expected);
}

#[tokio::test(start_paused = true)]
async fn at_once_where_there_is_no_wait() {
    let server = Server::new(&[401, 200]);
    let log = server.log.clone();
    let layer = RetryLayer::new(policy().retry_unauthorized(true)).before_retry(move |_, next| {
        log.note("hook");
        async { Ok(next) }
    });
    layer.layer(server.clone()).oneshot(request("POST")).await.unwrap();
    assert_eq!(server.log.lines(), ["ready 0", "call 1 0", "hook 0", "ready 0", "call 2 0"]);
}

/// A hook that sends a request of its own through the same client, as one that fetches a token does.
#[tokio::test(start_paused = true)]
async fn no_permit_is_held_while_it_runs() {
    let server = Server::new(&[503, 503, 503, 200]);
    let limited = ServiceBuilder::new().layer(ConcurrencyLimitLayer::new(1)).service(server.clone());
    let tokens = limited.clone();
    let layer = RetryLayer::new(policy()).before_retry(move |_, next| {
        let tokens = tokens.clone();
        async move {
            tokens.oneshot(request("POST")).await?;
            Ok(next)
        }
    });
    let call = layer.layer(limited).oneshot(request("GET"));
    let response = tokio::time::timeout(Duration::from_secs(60), call).await.expect("no deadlock").unwrap();
    assert_eq!((response.status().as_u16(), server.count()), (200, 7));
}

#[tokio::test(start_paused = true)]
async fn never_where_nothing_is_sent_again() {
    let unwanted = || {
        RetryLayer::new(policy()).before_retry(|failed, next| async move {
            assert!(failed.number() == 0, "called in vain");
            Ok(next)
        })
    };
    for (method, status) in [("GET", 200), ("GET", 404), ("POST", 503), ("POST", 401)] {
        let server = Server::new(match status {
            200 => &[200],
            404 => &[404],
            401 => &[401],
            _ => &[503],
        });
        let response = unwanted().layer(server.clone()).oneshot(request(method)).await.unwrap();
        assert_eq!((response.status().as_u16(), server.count()), (status, 1));
    }
    let server = Server::new(&[503]);
    let mut request = request("GET");
    request.extensions_mut().insert(RetryPolicy::never());
    unwanted().layer(server.clone()).oneshot(request).await.unwrap();
    assert_eq!(server.count(), 1);
}
