//! What a hook may change, and what becomes of it.

use crate::{
    server::{Server, policy},
    support::request,
};
use http::{HeaderValue, Method, request::Parts};
use std::time::Duration;
use std::{
    error::Error,
    sync::{Arc, Mutex},
};
use tower::{BoxError, Layer, ServiceExt};
use tower_retry_policy::{
    Idempotent, Phase, RetryError, RetryLayer, StopReason,
    retry::{FailedAttempt, Hedge},
};

/// One after the other, and with hedges that never come.
fn layers() -> [RetryLayer; 2] {
    [RetryLayer::new(policy()), RetryLayer::new(policy()).hedge(Hedge::after(Duration::from_secs(3600)))]
}

#[tokio::test(start_paused = true)]
async fn what_it_changes_holds_for_all_further_attempts() {
    for layer in layers() {
        let server = Server::new(&[503, 503, 502, 200]);
        let told: Arc<Mutex<Vec<FailedAttempt>>> = Arc::default();
        let heard = Arc::clone(&told);
        let layer = layer.before_retry(move |failed, mut next: Parts| {
            heard.lock().unwrap().push(failed);
            async move {
                if failed.number() == 1 {
                    next.headers.insert("x-token", HeaderValue::from_static("fresh"));
                    next.uri = "http://elsewhere/".parse()?;
                }
                next.headers.append("x-each", HeaderValue::from(failed.number()));
                Ok(next)
            }
        });
        layer.layer(server.clone()).oneshot(request("GET")).await.unwrap();
        assert_eq!(server.field("x-token"), ["-", "fresh", "fresh", "fresh"]);
        assert_eq!(server.field("x-each"), ["-", "1", "1", "1"], "the first of three values");
        assert_eq!(server.field("accept"), ["*/*"; 4], "all else stays");
        assert_eq!(server.targets()[..2], ["http://test/path", "http://elsewhere/"]);
        let told: Vec<_> = told
            .lock()
            .unwrap()
            .iter()
            .map(|failed| (failed.number(), failed.phase(), failed.status().unwrap().as_u16()))
            .collect();
        assert_eq!(told, [(1, Phase::Status, 503), (2, Phase::Status, 503), (3, Phase::Status, 502)]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_must_not_be_changed_is_not_sent() {
    type Change = fn(&mut Parts);
    let table: [(&str, Change, &str); 6] = [
        ("GET", |next| next.method = Method::POST, "method"),
        ("POST", |next| next.method = Method::GET, "method"),
        ("POST", |next| drop(next.headers.remove("idempotency-key")), "idempotency-key"),
        (
            "POST",
            |next| drop(next.headers.insert("idempotency-key", HeaderValue::from_static("\"2\""))),
            "idempotency-key",
        ),
        (
            "GET",
            |next| drop(next.headers.insert("content-length", HeaderValue::from_static("7"))),
            "content-length",
        ),
        (
            "GET",
            |next| drop(next.headers.insert("transfer-encoding", HeaderValue::from_static("chunked"))),
            "transfer-encoding",
        ),
    ];
    for (method, change, what) in table {
        for layer in layers() {
            let server = Server::new(&[503]);
            let layer = layer.before_retry(move |_, mut next| {
                change(&mut next);
                async { Ok(next) }
            });
            let mut request = request(method);
            request.headers_mut().insert("idempotency-key", HeaderValue::from_static("\"1\""));
            let error = layer.layer(server.clone()).oneshot(request).await.unwrap_err();
            let error = RetryError::find(&*error).unwrap();
            assert_eq!(error.stop_reason(), Some(StopReason::NotRetryable));
            let cause = error.source().unwrap().to_string();
            assert_eq!(cause, format!("the hook before a retry changed the request's {what}"));
            assert_eq!(server.count(), 1, "{what}");
        }
    }
}

/// A mark that comes late says nothing of what was sent before.
#[tokio::test(start_paused = true)]
async fn permission_is_that_of_the_first_request() {
    for layer in layers() {
        let server = Server::new(&[421, 503]);
        let layer = layer.before_retry(|_, mut next| async move {
            next.extensions.insert(Idempotent);
            Ok(next)
        });
        let response = layer.layer(server.clone()).oneshot(request("POST")).await.unwrap();
        assert_eq!((response.status().as_u16(), server.count()), (503, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn a_later_hook_replaces_an_earlier_one_and_the_layer_can_be_printed() {
    let server = Server::new(&[503, 200]);
    let layer = RetryLayer::new(policy())
        .before_retry(|_, _| async { Err(BoxError::from("the earlier one")) })
        .before_retry(|_, next| async { Ok(next) });
    assert!(format!("{:?}", layer.clone()).contains("Hook"));
    layer.layer(server.clone()).oneshot(request("GET")).await.unwrap();
    assert_eq!(server.count(), 2);
}
