//! What a stranger would try first: answers without content, streams, odd times, a client with one place.

use crate::bodies::{Answer, Server};
use http::{Request, Response, StatusCode};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tower::{BoxError, ServiceBuilder, ServiceExt, limit::ConcurrencyLimitLayer, service_fn};
use tower_retry_policy::{StandardLayer, attempt_timeout::AttemptTimeouts};

fn request(method: &str) -> Request<String> {
    Request::builder().method(method).uri("http://example.com/").body(String::new()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_has_no_content_is_no_cut_one() {
    let table = [
        ("HEAD", Answer::ok().header("content-length", "6")),
        ("GET", Answer::status(204)),
        ("GET", Answer::status(304)),
        ("PUT", Answer::status(201).header("content-length", "0")),
        ("GET", Answer::status(404).header("content-length", "0")),
    ];
    for (method, answer) in table {
        for layer in [StandardLayer::json(), StandardLayer::plain()] {
            let server = Server::new([answer.clone()]);
            let response = layer.service(server.clone()).oneshot(request(method)).await;
            let response = response.unwrap_or_else(|error| panic!("{method} {answer:?}: {error}"));
            assert_eq!(response.into_body().into_bytes().await.unwrap(), "", "{method} {answer:?}");
            assert_eq!(server.count(), 1, "{method} {answer:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_events_comes_as_it_is() {
    let events = Answer::ok().header("content-type", "text/event-stream").chunk("data: 1\n\n");
    for layer in [StandardLayer::json(), StandardLayer::plain()] {
        let response = layer.service(Server::new([events.clone()])).oneshot(request("GET")).await.unwrap();
        assert_eq!(response.into_body().into_text().await.unwrap(), "data: 1\n\n");
    }
}

#[tokio::test(start_paused = true)]
async fn odd_times_refuse_or_let_pass_and_panic_nowhere() {
    let good = || Server::new([Answer::ok().chunk("1")]);
    let send =
        |layer: StandardLayer| async move { layer.service(good()).oneshot(request("GET")).await.map(drop) };
    assert!(send(StandardLayer::json().deadline(Duration::ZERO)).await.is_err());
    for deadline in [Duration::from_nanos(1), Duration::from_millis(1), Duration::MAX] {
        let _ = send(StandardLayer::json().deadline(deadline)).await;
    }
    send(StandardLayer::json().deadline(Duration::MAX)).await.unwrap();
    send(StandardLayer::json().attempt(AttemptTimeouts::new())).await.unwrap();
}

/// Each attempt gives its place back before the next one takes it.
#[tokio::test(start_paused = true)]
async fn three_attempts_share_the_one_place_of_a_client() {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let busy = service_fn(move |_: Request<String>| {
        let call = counted.fetch_add(1, Ordering::SeqCst);
        let status = if call < 2 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
        async move { Ok::<_, BoxError>(Response::builder().status(status).body("1".to_owned()).unwrap()) }
    });
    let client = ServiceBuilder::new().layer(ConcurrencyLimitLayer::new(1)).service(busy);
    let stack = StandardLayer::json().service(client);
    let response = stack.oneshot(request("GET")).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(calls.load(Ordering::SeqCst), 3);
}
