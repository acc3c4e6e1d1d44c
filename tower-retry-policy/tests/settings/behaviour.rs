//! What settings make does what they say.

use http::{Request, Response, StatusCode};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
use tower_retry_policy::{AttemptTimeoutLayer, StandardLayer, settings::StandardSettings};

/// Calls, time and status of a `GET` under these settings, to a server that answers with this status.
async fn called(
    settings: &StandardSettings,
    method: &str,
    status: Option<StatusCode>,
    by_hand: bool,
) -> (u32, Duration) {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let server = service_fn(move |_: Request<String>| {
        counted.fetch_add(1, Ordering::Relaxed);
        async move {
            match status {
                None => std::future::pending().await,
                Some(status) => {
                    Ok::<_, BoxError>(Response::builder().status(status).body(String::new()).unwrap())
                }
            }
        }
    });
    let request = Request::builder().method(method).uri("http://example.com/").body(String::new()).unwrap();
    let began = Instant::now();
    if by_hand {
        let stack = ServiceBuilder::new()
            .layer(settings.deadline_layer().unwrap())
            .layer(settings.retry_layer().unwrap())
            .layer(AttemptTimeoutLayer::from(settings.timeouts().unwrap()))
            .service(server);
        let _ = stack.oneshot(request).await;
    } else {
        let _ = settings.apply(StandardLayer::plain()).unwrap().service(server).oneshot(request).await;
    }
    (calls.load(Ordering::Relaxed), began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn attempts_waits_and_limits_are_those_that_were_set() {
    let (fails, hangs) = (Some(StatusCode::SERVICE_UNAVAILABLE), None);
    let seconds = Duration::from_secs_f64;
    let backoff = "retry.backoff = { kind = 'constant', first = '1s', jitter = 'none' }\n";
    let table = [
        ("retry.retries = 4", "GET", fails, 5, seconds(4.0)),
        ("retry.retries = '4'", "GET", fails, 5, seconds(4.0)),
        ("retry.retries = 0", "GET", fails, 1, seconds(0.0)),
        ("retry.retries = 4\nretry.retries_after.status = 1", "GET", fails, 2, seconds(1.0)),
        ("retry.statuses = [500]", "GET", fails, 1, seconds(0.0)),
        ("retry.methods = 'idempotent'", "POST", fails, 1, seconds(0.0)),
        ("retry.methods = ['POST']", "POST", fails, 3, seconds(2.0)),
        ("retry.budget = { ratio = 0, per_second = 0 }", "GET", fails, 1, seconds(0.0)),
        // 3 attempts of 5 s each, and 2 waits
        ("", "GET", hangs, 3, seconds(17.0)),
        ("deadline = '2s'\nattempt = { head = 'off', total = 'off' }", "GET", hangs, 1, seconds(2.0)),
        ("deadline = 'off'\nattempt.head = '40s'\nattempt.total = 'off'", "GET", hangs, 3, seconds(122.0)),
        ("hedge = '1s'\nattempt.head = '3s'\nretry.retries = 1", "GET", hangs, 2, seconds(4.0)),
    ];
    for (text, method, status, calls, time) in table {
        let settings: StandardSettings = toml::from_str(&format!("{backoff}{text}")).expect(text);
        for by_hand in [true, false] {
            let (called, took) = called(&settings, method, status, by_hand).await;
            assert_eq!(called, calls, "{text}");
            assert!(took >= time && took < time + Duration::from_millis(20), "{text}: {took:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_check_of_a_stack_holds_what_was_set() {
    let settings: StandardSettings = toml::from_str("content.max_bytes = 3").unwrap();
    let server =
        service_fn(|_: Request<String>| async { Ok::<_, BoxError>(Response::new("four".to_owned())) });
    let stack = settings.apply(StandardLayer::plain()).unwrap().service(server);
    stack.oneshot(Request::new(String::new())).await.map(drop).unwrap_err();
}
