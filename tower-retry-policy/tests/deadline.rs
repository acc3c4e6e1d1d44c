//! One limit over a whole call, in virtual time.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod attempt_timeout_server;
mod loops;

use self::{
    attempt_timeout_server::{NEVER, Script, Server, call_and_read, ms},
    loops::{Loop, over_each_loop},
};
use bytes::Bytes;
use http::{HeaderName, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use std::{
    collections::HashSet,
    convert::Infallible,
    future::{Ready, ready},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::Sleep;
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt, retry::Policy, service_fn};
use tower_backoff::Backoff;
use tower_retry_policy::{
    RetryPolicy,
    attempt_timeout::{AttemptTimeoutError, AttemptTimeoutLayer},
    deadline::{Deadline, DeadlineError, DeadlineFormat, DeadlineHeaderLayer, DeadlineLayer},
};

fn request(deadline: Option<u64>) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::default());
    deadline.map(|left| request.extensions_mut().insert(Deadline::after(ms(left))));
    request
}

#[tokio::test(start_paused = true)]
async fn a_deadline_counts_down_to_zero() {
    let typed = [0, 1, 5, 1_000, 5_000, 60_000, 3_600_000];
    for milliseconds in typed {
        let deadline = Deadline::after(ms(milliseconds));
        assert_eq!(deadline.remaining(), ms(milliseconds));
        assert_eq!(deadline.is_past(), milliseconds == 0);
        tokio::time::advance(ms(milliseconds)).await;
        assert!(deadline.is_past());
        tokio::time::advance(ms(1)).await;
        assert_eq!(deadline.remaining(), Duration::ZERO);
    }
    let (soon, late) = (Deadline::after(ms(1)), Deadline::after(Duration::MAX));
    assert_eq!(soon.min(late), soon);
    assert!(late.remaining() > Duration::from_secs(86_400 * 365 * 500), "as good as none");
    assert_eq!(Deadline::after(Duration::from_secs(u64::MAX)), late);
}

#[tokio::test(start_paused = true)]
async fn calls_end_at_the_earlier_deadline() {
    let silent = Script::new(NEVER, &[], NEVER);
    let stalled = Script::new(10, &[20, 30], NEVER);
    let unset = None;
    // name, the layer's limit, the user's, script, pause; frames, milliseconds, (in the body, limit) of the error
    let table = [
        ("silent", 5_000, unset, &silent, 0, (0, 5_000, Some((false, 5_000)))),
        ("silent, user's is earlier", 5_000, Some(200), &silent, 0, (0, 200, Some((false, 200)))),
        ("silent, user's is later", 5_000, Some(60_000), &silent, 0, (0, 5_000, Some((false, 5_000)))),
        ("stall mid-body", 5_000, unset, &stalled, 0, (2, 5_000, Some((true, 5_000)))),
        ("stall mid-body, user's is earlier", 5_000, Some(200), &stalled, 0, (2, 200, Some((true, 200)))),
        ("whole", 40, unset, &Script::new(10, &[20, 30], 40), 0, (2, 40, None)),
        (
            "slow consumer gets what is there",
            40,
            unset,
            &Script::new(10, &[20, 30], 40),
            1_000,
            (2, 3_010, None),
        ),
        ("never", u64::MAX, unset, &Script::new(1_000, &[86_400_000], 86_400_000), 0, (1, 86_400_000, None)),
        ("zero", 0, unset, &Script::new(0, &[], 0), 0, (0, 0, Some((false, 0)))),
        ("past", 5_000, Some(0), &Script::new(0, &[], 0), 0, (0, 0, Some((false, 0)))),
    ];
    for (name, layers, users, script, pause, expected) in table {
        let server = Server::new(script.clone());
        let service = DeadlineLayer::new(ms(layers)).layer(server.clone());
        let outcome = call_and_read(service, request(users), pause).await;
        let error = outcome.error.map(|error| error.downcast::<DeadlineError>().expect("this layer's error"));
        let facts = error.map(|error| {
            assert_eq!(error.is_unsent(), error.limit().is_zero(), "{name}");
            (error.in_body(), error.limit().as_millis())
        });
        assert_eq!((outcome.frames, outcome.milliseconds, facts), expected, "{name}");
        assert_eq!(outcome.head, facts.is_none_or(|(in_body, _)| in_body), "{name}");
        assert_eq!(server.alive.count(), 0, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_inner_service_finds_the_earlier_deadline() {
    let table = [(5_000, None, 5_000), (5_000, Some(200), 200), (5_000, Some(60_000), 5_000)];
    for (layers, users, expected) in table {
        let inner = service_fn(|request: Request<Full<Bytes>>| {
            let left = request.extensions().get::<Deadline>().map(Deadline::remaining);
            ready(Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(format!("{left:?}"))))))
        });
        let service = DeadlineLayer::new(ms(layers)).layer(inner);
        let response = service.oneshot(request(users)).await.unwrap();
        assert_eq!(
            response.body().size_hint().exact(),
            Some(format!("{:?}", Some(ms(expected))).len() as u64)
        );
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, format!("{:?}", Some(ms(expected))));
    }
}

#[tokio::test(start_paused = true)]
async fn the_attempts_error_wins_at_the_same_instant() {
    for script in [Script::new(NEVER, &[], NEVER), Script::new(0, &[10], NEVER)] {
        let service = ServiceBuilder::new()
            .layer(DeadlineLayer::new(ms(5_000)))
            .layer(AttemptTimeoutLayer::new().head(ms(60_000)))
            .service(Server::new(script));
        let outcome = call_and_read(service, request(None), 0).await;
        let error = outcome.error.unwrap().downcast::<AttemptTimeoutError>().expect("the inner error");
        assert!(error.is_deadline());
        assert_eq!((outcome.milliseconds, error.limit()), (5_000, ms(5_000)));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_waited_for_is_dropped_at_the_deadline() {
    let server = Server::new(Script::new(NEVER, &[], NEVER));
    let mut call =
        tokio_test::task::spawn(DeadlineLayer::new(ms(100)).layer(server.clone()).call(request(None)));
    assert!(call.poll().is_pending());
    assert_eq!(server.alive.count(), 1);
    tokio::time::advance(ms(100)).await;
    assert!(call.is_woken() && call.poll().is_ready());
    assert_eq!(server.alive.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn each_error_says_how_far_the_call_had_come() {
    let table = [
        (
            1_500,
            Script::new(NEVER, &[], NEVER),
            "deadline passed without a response head, 1.5 s after the call",
        ),
        (60_000, Script::new(0, &[], NEVER), "deadline passed in the response body, 60 s after the call"),
        (0, Script::new(0, &[], 0), "request not sent, its deadline had passed"),
    ];
    let mut messages = HashSet::new();
    for (limit, script, message) in table {
        let service = DeadlineLayer::new(ms(limit)).layer(Server::new(script));
        let error = call_and_read(service, request(None), 0).await.error.unwrap();
        assert_eq!(error.to_string(), message);
        assert!(messages.insert(error.to_string()));
    }
}

/// A policy of somebody else's, which knows of no deadline: three attempts, a second and a half apart.
#[derive(Clone)]
struct Thrice(usize);

impl<T> Policy<Request<Full<Bytes>>, T, BoxError> for Thrice {
    type Future = Sleep;

    fn retry(&mut self, _: &mut Request<Full<Bytes>>, _: &mut Result<T, BoxError>) -> Option<Sleep> {
        self.0 += 1;
        (self.0 < 3).then(|| tokio::time::sleep(ms(1_500)))
    }

    fn clone_request(&mut self, request: &Request<Full<Bytes>>) -> Option<Request<Full<Bytes>>> {
        Some(request.clone())
    }
}

/// Three attempts, a second and a half apart, whatever comes.
fn thrice() -> RetryPolicy {
    RetryPolicy::standard().backoff(Backoff::constant(ms(1_500))).statuses([StatusCode::OK])
}

over_each_loop!(
    #[tokio::test(start_paused = true)]
    each_attempt_tells_the_server_what_is_left,
);

async fn each_attempt_tells_the_server_what_is_left(which: Loop) {
    let envoy = HeaderName::from_static("x-envoy-upstream-rq-timeout-ms");
    let seconds = HeaderName::from_static("request-timeout");
    let table = [
        (DeadlineFormat::GRPC_TIMEOUT, DeadlineFormat::Grpc, ["5000m", "3500m", "2000m"]),
        (envoy, DeadlineFormat::Milliseconds, ["5000", "3500", "2000"]),
        (seconds, DeadlineFormat::Seconds, ["5", "4", "2"]),
    ];
    for (name, format, expected) in table {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let server = service_fn(|request: Request<Full<Bytes>>| {
            let values: Vec<_> = request.headers().get_all(&name).iter().cloned().collect();
            seen.lock().unwrap().extend(values);
            ready(Ok::<_, BoxError>(Response::new(Full::<Bytes>::default())))
        });
        let service = ServiceBuilder::new()
            .layer(DeadlineLayer::new(ms(5_000)))
            .layer(which.retry(thrice()))
            .layer(DeadlineHeaderLayer::new(name.clone(), format))
            .concurrency_limit(1)
            .service(server);
        let mut request = request(None);
        request.headers_mut().insert(name.clone(), "the user's".parse().unwrap());
        service.oneshot(request).await.unwrap();
        assert_eq!(*seen.lock().unwrap(), expected, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_between_attempts_ends_at_the_deadline() {
    let failing = service_fn(|_: Request<Full<Bytes>>| -> Ready<Result<Response<Full<Bytes>>, BoxError>> {
        ready(Err("no".into()))
    });
    let service =
        ServiceBuilder::new().layer(DeadlineLayer::new(ms(2_000))).retry(Thrice(0)).service(failing);
    let start = tokio::time::Instant::now();
    let error = service.oneshot(request(None)).await.unwrap_err();
    assert!(error.is::<DeadlineError>());
    assert_eq!(start.elapsed(), ms(2_000));
}

#[tokio::test(start_paused = true)]
async fn without_a_deadline_no_header_is_sent() {
    let server =
        service_fn(|request: Request<Full<Bytes>>| ready(Ok::<_, Infallible>(request.headers().len())));
    let layer = DeadlineHeaderLayer::new(DeadlineFormat::GRPC_TIMEOUT, DeadlineFormat::Grpc);
    assert_eq!(layer.layer(server).oneshot(request(None)).await, Ok(0));
}
