//! Limits against server behaviours, in virtual time.

mod attempt_timeout_server;

use attempt_timeout_server::{NEVER, Script, Server, call_and_read, ms};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Empty, Full, channel::Channel};
use proptest::prelude::*;
use std::{
    collections::HashSet,
    convert::Infallible,
    error::Error,
    future::{Future, Ready, pending, ready},
    io::ErrorKind,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::{task::coop::consume_budget, time::Instant};
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt, retry::Policy, service_fn};
use tower_retry_policy::{
    attempt_timeout::{
        AttemptTimeout, AttemptTimeoutError, AttemptTimeoutLayer, AttemptTimeouts, LimitedBody,
    },
    deadline::Deadline,
};

fn limits(head: u64, idle: u64, total: u64) -> AttemptTimeouts {
    let mut limits = AttemptTimeouts::new();
    if head != NEVER {
        limits = limits.head(ms(head));
    }
    if idle != NEVER {
        limits = limits.idle(ms(idle));
    }
    if total != NEVER {
        limits = limits.total(ms(total));
    }
    limits
}

fn request() -> Request<Full<Bytes>> {
    Request::new(Full::default())
}

fn cause(error: Option<&BoxError>) -> &'static str {
    let Some(error) = error else { return "" };
    let error = error.downcast_ref::<AttemptTimeoutError>().expect("an error of this layer");
    let causes = [
        (error.is_head(), "head"),
        (error.is_idle(), "idle"),
        (error.is_total(), "total"),
        (error.is_deadline(), "deadline"),
    ];
    let mut holding = causes.iter().filter(|(holds, _)| *holds).map(|(_, name)| *name);
    let cause = holding.next().expect("one cause");
    assert_eq!(holding.next(), None, "one cause only");
    cause
}

#[tokio::test(start_paused = true)]
async fn limits_and_server_behaviours() {
    const N: u64 = NEVER;
    let steady = Script::new(10, &[20, 30], 40);
    let drip = Script::new(0, &[900, 1_800, 2_700, 3_600, 4_500], 5_400);
    // name, (head, idle, total), script, pause before each frame; frames, cause, milliseconds
    let table = [
        ("no limits", (N, N, N), steady.clone(), 0, (2, "", 40)),
        ("all limits kept", (60_000, 10_000, 120_000), steady.clone(), 0, (2, "", 40)),
        ("silent", (60_000, N, N), Script::new(N, &[], N), 0, (0, "head", 60_000)),
        ("silent, total only", (N, N, 90_000), Script::new(N, &[], N), 0, (0, "total", 90_000)),
        (
            "silent, idle does not count before the head",
            (N, 5, N),
            Script::new(1_000, &[], 1_001),
            0,
            (0, "", 1_001),
        ),
        ("silent, the earlier of two", (60_000, N, 5_000), Script::new(N, &[], N), 0, (0, "total", 5_000)),
        (
            "silent, two at once: the narrower",
            (5_000, N, 5_000),
            Script::new(N, &[], N),
            0,
            (0, "head", 5_000),
        ),
        ("late head", (1_000, N, N), Script::new(1_001, &[], 1_001), 0, (0, "head", 1_000)),
        ("head exactly at the limit", (1_000, N, N), Script::new(1_000, &[], 1_000), 0, (0, "", 1_000)),
        (
            "the head's limit ends with the head",
            (1_000, N, N),
            Script::new(999, &[60_000], 90_000),
            0,
            (1, "", 90_000),
        ),
        ("head ready, limit zero", (0, 0, 0), Script::new(0, &[0, 0], 0), 0, (2, "", 0)),
        ("head not ready, limit zero", (0, N, N), Script::new(1, &[], 1), 0, (0, "head", 0)),
        ("total zero", (N, N, 0), Script::new(1, &[], 1), 0, (0, "total", 0)),
        ("body not ready, idle zero", (N, 0, N), Script::new(0, &[0, 1], 1), 0, (1, "idle", 0)),
        ("body not ready, total zero", (N, N, 0), Script::new(0, &[0, 1], 1), 0, (1, "total", 0)),
        ("drip passes idle", (N, 1_000, N), drip.clone(), 0, (5, "", 5_400)),
        ("drip does not pass total", (N, 1_000, 3_000), drip.clone(), 0, (3, "total", 3_000)),
        ("drip too slow for idle", (N, 899, N), drip, 0, (0, "idle", 899)),
        ("stall before the first frame", (N, 5_000, N), Script::new(10, &[], N), 0, (0, "idle", 5_010)),
        ("stall mid-body", (1_000, 5_000, 60_000), Script::new(10, &[20, 30], N), 0, (2, "idle", 5_030)),
        (
            "stall mid-body, total first",
            (1_000, 5_000, 3_000),
            Script::new(10, &[20, 30], N),
            0,
            (2, "total", 3_000),
        ),
        (
            "stall, idle and total at once: the narrower",
            (N, 5_000, 5_030),
            Script::new(10, &[30], N),
            0,
            (1, "idle", 5_030),
        ),
        (
            "stall after a burst re-arms from the last frame",
            (N, 1_000, N),
            Script::new(0, &[0, 0, 500, 500, 1_200], N),
            0,
            (5, "idle", 2_200),
        ),
        ("the end itself is awaited", (N, 1_000, N), Script::new(0, &[10], 2_000), 0, (1, "idle", 1_010)),
        ("frame exactly at idle", (N, 1_000, N), Script::new(0, &[1_000, 2_000], 3_000), 0, (2, "", 3_000)),
        ("frame exactly at total", (N, N, 1_000), Script::new(0, &[500, 1_000], 1_000), 0, (2, "", 1_000)),
        (
            "total counts from the call, not from the head",
            (N, N, 1_000),
            Script::new(900, &[1_100], 1_200),
            0,
            (0, "total", 1_000),
        ),
        ("slow consumer, idle", (N, 1_000, N), steady.clone(), 10_000, (2, "", 30_010)),
        (
            "slow consumer, total: what is there is handed over",
            (N, N, 1_000),
            steady,
            10_000,
            (2, "", 30_010),
        ),
        (
            "slow consumer, idle counts from its return",
            (N, 1_000, N),
            Script::new(10, &[20], N),
            10_000,
            (1, "idle", 21_010),
        ),
        (
            "slow consumer, total has passed at its return",
            (N, N, 5_000),
            Script::new(10, &[20], N),
            10_000,
            (1, "total", 20_010),
        ),
    ];
    for (name, (head, idle, total), script, pause, expected) in table {
        let server = Server::new(script);
        let service = AttemptTimeout::new(server.clone(), limits(head, idle, total));
        let outcome = call_and_read(service, request(), pause).await;
        let seen = (outcome.frames, cause(outcome.error.as_ref()), outcome.milliseconds);
        assert_eq!(seen, expected, "{name}");
        assert_eq!(server.alive.count(), 0, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_clamps_head_and_body() {
    const N: u64 = NEVER;
    // name, (head, idle, total), deadline, script; whether the head came, cause, milliseconds, limit
    let table = [
        ("head", (60_000, N, N), 5_000, Script::new(N, &[], N), (false, "deadline", 5_000, 5_000)),
        ("body", (60_000, 10_000, N), 5_000, Script::new(10, &[20], N), (true, "deadline", 5_000, 5_000)),
        ("without limits, head", (N, N, N), 5_000, Script::new(N, &[], N), (false, "deadline", 5_000, 5_000)),
        ("without limits, body", (N, N, N), 5_000, Script::new(0, &[], N), (true, "deadline", 5_000, 5_000)),
        (
            "later than the limits",
            (1_000, N, N),
            5_000,
            Script::new(N, &[], N),
            (false, "head", 1_000, 1_000),
        ),
        ("at the same instant", (N, N, 5_000), 5_000, Script::new(N, &[], N), (false, "total", 5_000, 5_000)),
        ("met exactly", (N, N, N), 5_000, Script::new(10, &[20], 5_000), (true, "", 5_000, 0)),
        ("past", (60_000, N, N), 0, Script::new(0, &[], 0), (false, "deadline", 0, 0)),
    ];
    for (name, (head, idle, total), deadline, script, expected) in table {
        let service = AttemptTimeout::new(Server::new(script), limits(head, idle, total));
        let mut request = request();
        request.extensions_mut().insert(Deadline::after(ms(deadline)));
        let outcome = call_and_read(service, request, 0).await;
        let error = outcome.error.as_ref().map(|error| error.downcast_ref::<AttemptTimeoutError>().unwrap());
        let limit = error.map_or(0, |error| error.limit().as_millis());
        let seen = (outcome.head, cause(outcome.error.as_ref()), outcome.milliseconds, limit);
        assert_eq!(seen, expected, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_deadline_has_passed_is_not_sent() {
    let never_called = service_fn(|_: Request<Full<Bytes>>| async {
        panic!("called");
        #[allow(unreachable_code, reason = "it says what the future would give")]
        Ok::<Response<Full<Bytes>>, Infallible>(Response::default())
    });
    let mut request = request();
    request.extensions_mut().insert(Deadline::after(ms(10)));
    tokio::time::advance(ms(10)).await;
    let error = AttemptTimeoutLayer::new().layer(never_called).oneshot(request).await.unwrap_err();
    let error = error.downcast::<AttemptTimeoutError>().unwrap();
    assert!(error.is_unsent() && error.is_deadline() && !error.in_body());
    assert_eq!(error.limit(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_request_brings_its_own_limits() {
    let silent = Server::new(Script::new(NEVER, &[], NEVER));
    let mut service = AttemptTimeoutLayer::new().head(ms(60_000)).total(ms(90_000)).layer(silent);
    // two requests in turn: one's limits do not reach the other
    let table =
        [(Some(limits(300_000, NEVER, NEVER)), 300_000), (None, 60_000), (Some(limits(1, NEVER, 5)), 1)];
    for (own, milliseconds) in table {
        let mut request = request();
        own.map(|own| request.extensions_mut().insert(own));
        let outcome = call_and_read(&mut service, request, 0).await;
        assert_eq!((cause(outcome.error.as_ref()), outcome.milliseconds), ("head", milliseconds));
    }
}

#[tokio::test(start_paused = true)]
async fn by_default_there_is_no_limit() {
    for layer in
        [AttemptTimeoutLayer::new(), AttemptTimeoutLayer::default(), AttemptTimeouts::default().into()]
    {
        assert_eq!(layer.timeouts(), AttemptTimeouts::new());
        let year = 365 * 24 * 3_600_000;
        let slow = Server::new(Script::new(year, &[2 * year], 3 * year));
        let outcome = call_and_read(layer.layer(slow), request(), 0).await;
        assert_eq!((outcome.frames, outcome.error.is_none()), (1, true));
    }
}

#[test]
fn an_answer_that_is_there_costs_no_timer() {
    // outside of a runtime, where making a timer panics
    let instant = service_fn(|_: Request<Full<Bytes>>| {
        ready(Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"whole")))))
    });
    let mut service = AttemptTimeout::new(instant, limits(1_000, 1_000, 1_000));
    let mut cx = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(response)) = pin!(service.call(request())).poll(&mut cx) else { panic!("not ready") };
    let mut body = pin!(response.into_body());
    let Poll::Ready(Some(Ok(frame))) = body.as_mut().poll_frame(&mut cx) else { panic!("no frame") };
    assert_eq!(frame.into_data().unwrap(), "whole");
    assert!(matches!(body.as_mut().poll_frame(&mut cx), Poll::Ready(None)));
}

#[test]
fn a_limit_of_zero_needs_no_timer() {
    // outside of a runtime, as above
    let mut cx = Context::from_waker(Waker::noop());
    let silent = service_fn(|_: Request<Full<Bytes>>| pending::<Result<Response<Full<Bytes>>, Infallible>>());
    for timeouts in [limits(0, NEVER, NEVER), limits(1_000, NEVER, 0)] {
        let mut service = AttemptTimeout::new(silent, timeouts);
        assert!(matches!(pin!(service.call(request())).poll(&mut cx), Poll::Ready(Err(_))));
    }
    let stalled = service_fn(|_: Request<Full<Bytes>>| ready(Ok::<_, Infallible>(Response::new(Stalled))));
    for timeouts in [limits(NEVER, 0, NEVER), limits(NEVER, 1_000, 0)] {
        let mut service = AttemptTimeout::new(stalled, timeouts);
        let Poll::Ready(Ok(response)) = pin!(service.call(request())).poll(&mut cx) else {
            panic!("not ready")
        };
        let mut body = pin!(response.into_body());
        assert!(matches!(body.as_mut().poll_frame(&mut cx), Poll::Ready(Some(Err(_)))));
        assert!(matches!(body.as_mut().poll_frame(&mut cx), Poll::Ready(None)));
    }
}

struct Stalled;

impl Body for Stalled {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_waited_for_is_dropped_when_the_limit_passes() {
    let server = Server::new(Script::new(NEVER, &[], NEVER));
    let mut service = AttemptTimeout::new(server.clone(), limits(100, 100, NEVER));
    let mut call = tokio_test::task::spawn(service.call(request()));
    assert!(call.poll().is_pending());
    tokio::time::advance(ms(99)).await;
    assert!(call.poll().is_pending());
    assert_eq!(server.alive.count(), 1);
    tokio::time::advance(ms(1)).await;
    assert!(call.is_woken());
    assert!(call.poll().is_ready());
    assert_eq!(server.alive.count(), 0, "the future is still held, what it waited for is not");

    let server = Server::new(Script::new(0, &[], NEVER));
    let mut service = AttemptTimeout::new(server.clone(), limits(100, 100, NEVER));
    let mut body = service.call(request()).await.unwrap().into_body();
    assert_eq!(server.alive.count(), 1);
    assert!(body.frame().await.is_some_and(|frame| frame.is_err()));
    assert_eq!(server.alive.count(), 0, "the body is still held, what it waited for is not");
    assert!(!body.is_end_stream(), "a body that broke off has no end");
    assert_eq!(body.size_hint().exact(), None, "nor a length");
}

#[tokio::test(start_paused = true)]
async fn dropping_the_call_drops_what_it_waits_for() {
    let server = Server::new(Script::new(50, &[], NEVER));
    let mut service = AttemptTimeout::new(server.clone(), limits(100, 1_000, NEVER));
    let cancelled = tokio::time::timeout(ms(10), service.call(request())).await;
    assert!(cancelled.is_err());
    assert_eq!(server.alive.count(), 0);

    let mut body = service.call(request()).await.unwrap().into_body();
    assert!(tokio::time::timeout(ms(10), body.frame()).await.is_err());
    drop(body);
    assert_eq!(server.alive.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_wait_given_up_and_taken_up_again_is_one_wait() {
    let server = Server::new(Script::new(0, &[], NEVER));
    let mut service = AttemptTimeout::new(server, limits(NEVER, 1_000, NEVER));
    let mut body = service.call(request()).await.unwrap().into_body();
    let start = tokio::time::Instant::now();
    for _ in 0..3 {
        assert!(tokio::time::timeout(ms(300), body.frame()).await.is_err());
    }
    assert_eq!(cause(body.frame().await.unwrap().err().as_ref()), "idle");
    assert_eq!(start.elapsed(), ms(1_000));
}

#[tokio::test(start_paused = true)]
async fn frames_trailers_and_hints_are_the_inner_bodys() {
    async fn through<B>(make: impl Fn() -> B) -> LimitedBody<B, AttemptTimeoutError> {
        let inner = service_fn(|_: Request<Full<Bytes>>| ready(Ok::<_, Infallible>(Response::new(make()))));
        AttemptTimeout::new(inner, limits(1_000, 1_000, 1_000)).oneshot(request()).await.unwrap().into_body()
    }

    let known = through(|| Full::new(Bytes::from_static(b"seven b"))).await;
    assert_eq!(known.size_hint().exact(), Some(7));
    assert!(!known.is_end_stream());

    let empty = through(Empty::<Bytes>::new).await;
    assert_eq!(empty.size_hint().exact(), Some(0));
    assert!(empty.is_end_stream());

    let trailers = HeaderMap::from_iter([(HeaderName::from_static("grpc-status"), HeaderValue::from(0))]);
    let make = || Full::new(Bytes::from_static(b"data")).with_trailers(ready(Some(Ok(trailers.clone()))));
    let (expected, body) = (make(), through(make).await);
    assert_eq!(body.size_hint().lower(), expected.size_hint().lower());
    assert_eq!(body.size_hint().upper(), expected.size_hint().upper());
    assert_eq!(body.is_end_stream(), expected.is_end_stream());
    let body = body.collect().await.unwrap();
    assert_eq!(body.trailers(), Some(&trailers));
    assert_eq!(body.to_bytes(), "data");
}

#[tokio::test(start_paused = true)]
async fn errors_of_the_inner_service_and_body_are_handed_on() {
    let refusing = service_fn(|_: Request<Full<Bytes>>| {
        ready(Err::<Response<Full<Bytes>>, _>(ErrorKind::ConnectionRefused))
    });
    let refusing = refusing.map_err(std::io::Error::from);
    let error = AttemptTimeout::new(refusing, limits(0, 0, 0)).oneshot(request()).await.unwrap_err();
    assert_eq!(error.downcast::<std::io::Error>().unwrap().kind(), ErrorKind::ConnectionRefused);

    let (sender, body) = Channel::<Bytes, std::io::Error>::new(1);
    sender.abort(ErrorKind::ConnectionReset.into());
    let body = Mutex::new(Some(body));
    let breaking = service_fn(|_: Request<Full<Bytes>>| {
        ready(Ok::<_, Infallible>(Response::new(body.lock().unwrap().take().unwrap())))
    });
    let service = AttemptTimeout::new(breaking, limits(0, 0, 0));
    let mut body = service.oneshot(request()).await.unwrap().into_body();
    let error = body.frame().await.unwrap().unwrap_err();
    assert_eq!(error.downcast::<std::io::Error>().unwrap().kind(), ErrorKind::ConnectionReset);
}

/// Answers at the task's pace: it uses the whole budget that tokio gives a task, whenever it is polled.
struct Greedy;

impl Future for Greedy {
    type Output = Result<Response<Greedy>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        while pin!(consume_budget()).poll(cx).is_ready() {}
        Poll::Pending
    }
}

impl Body for Greedy {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        pin!(consume_budget()).poll(cx).map(|()| Some(Ok(Frame::data(Bytes::from_static(b"more")))))
    }
}

#[tokio::test(start_paused = true)]
async fn limits_hold_for_an_inner_future_or_body_that_is_always_busy() {
    let busy_head = service_fn(|_: Request<Full<Bytes>>| Greedy);
    let busy_body = service_fn(|_: Request<Full<Bytes>>| ready(Ok::<_, Infallible>(Response::new(Greedy))));
    let head = AttemptTimeout::new(busy_head, limits(1_000, NEVER, NEVER));
    let body = AttemptTimeout::new(busy_body, limits(NEVER, NEVER, 1_000));
    let head = tokio::spawn(call_and_read(head, request(), 0));
    let body = tokio::spawn(call_and_read(body, request(), 0));
    // such a task never idles, so time has to be moved by hand, once both have begun
    tokio::task::yield_now().await;
    tokio::time::advance(ms(999)).await;
    tokio::task::yield_now().await;
    assert!(!head.is_finished() && !body.is_finished());
    tokio::time::advance(ms(2)).await;
    // tokio looks at its timers after every 61 polls of tasks that are always ready
    for _ in 0..61 {
        tokio::task::yield_now().await;
    }
    assert_eq!((head.is_finished(), body.is_finished()), (true, true));
    assert_eq!(cause(head.await.unwrap().error.as_ref()), "head");
    assert_eq!(cause(body.await.unwrap().error.as_ref()), "total");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_has_a_frame_at_every_poll_meets_no_limit() {
    struct Endless;
    impl Body for Endless {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"more")))))
        }
    }
    let endless = service_fn(|_: Request<Full<Bytes>>| ready(Ok::<_, Infallible>(Response::new(Endless))));
    let mut service = AttemptTimeout::new(endless, limits(1_000, 1_000, 1_000));
    let mut body = service.call(request()).await.unwrap().into_body();
    for _ in 0..100 {
        tokio::time::advance(ms(2_000)).await;
        assert!(body.frame().await.is_some_and(|frame| frame.is_ok()));
    }
}

/// Repeats whatever failed, up to the given number of attempts.
#[derive(Clone)]
struct Attempts(usize);

impl<T> Policy<Request<Full<Bytes>>, T, BoxError> for Attempts {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut Request<Full<Bytes>>, result: &mut Result<T, BoxError>) -> Option<Ready<()>> {
        self.0 -= 1;
        (result.is_err() && self.0 > 0).then(|| ready(()))
    }

    fn clone_request(&mut self, request: &Request<Full<Bytes>>) -> Option<Request<Full<Bytes>>> {
        Some(request.clone())
    }
}

#[tokio::test(start_paused = true)]
async fn every_attempt_has_its_own_limits_and_frees_its_place() {
    // what the server does at the first, the second and every later call
    let scripts = [
        Script::new(NEVER, &[], NEVER),
        Script::new(500, &[600], NEVER),
        Script::new(900, &[1_800, 2_700], 2_700),
    ];
    let calls = Arc::new(AtomicUsize::new(0));
    let server = service_fn({
        let calls = calls.clone();
        move |request| {
            let call = calls.fetch_add(1, Ordering::SeqCst);
            Server::new(scripts[call.min(2)].clone()).call(request)
        }
    });
    let service = ServiceBuilder::new()
        .retry(Attempts(3))
        .and_then(|response: Response<LimitedBody<_, AttemptTimeoutError>>| response.into_body().collect())
        .layer(AttemptTimeoutLayer::new().head(ms(1_000)).idle(ms(1_000)))
        // one place for all, kept until the attempt's future is gone
        .concurrency_limit(1)
        .service(server);

    let start = Instant::now();
    let body = service.clone().oneshot(request()).await.unwrap();
    assert_eq!(body.to_bytes(), "datadata");
    assert_eq!(calls.load(Ordering::SeqCst), 3);
    assert_eq!(start.elapsed(), ms(1_000 + 1_600 + 2_700));

    let both = tokio::join!(service.clone().oneshot(request()), service.oneshot(request()));
    assert!(both.0.is_ok() && both.1.is_ok());
}

#[tokio::test(start_paused = true)]
async fn each_error_names_its_limit() {
    const N: u64 = NEVER;
    let silent = Script::new(N, &[], N);
    let stalled = Script::new(0, &[], N);
    // limits, deadline, script; message, cause, in the body, limit
    let table = [
        (limits(60_000, N, N), N, &silent, ("no response head within 60 s", "head", false, 60_000)),
        (
            limits(N, N, 1_500),
            N,
            &silent,
            ("no response head within the 1.5 s allowed for the whole attempt", "total", false, 1_500),
        ),
        (
            limits(N, N, N),
            250,
            &silent,
            ("no response head within the 250 ms left until the deadline", "deadline", false, 250),
        ),
        (limits(N, 10_000, N), N, &stalled, ("no frame of the response body for 10 s", "idle", true, 10_000)),
        (
            limits(N, N, 90_000),
            N,
            &stalled,
            ("response body unfinished after the 90 s allowed for the whole attempt", "total", true, 90_000),
        ),
        (
            limits(N, N, N),
            5_000,
            &stalled,
            ("response body unfinished after the 5 s left until the deadline", "deadline", true, 5_000),
        ),
        (limits(N, N, N), 0, &silent, ("attempt not begun, the deadline had passed", "deadline", false, 0)),
    ];
    let mut messages = HashSet::new();
    for (limits, deadline, script, expected) in table {
        let mut request = request();
        if deadline != N {
            request.extensions_mut().insert(Deadline::after(ms(deadline)));
        }
        let service = AttemptTimeout::new(Server::new(script.clone()), limits);
        let error = call_and_read(service, request, 0).await.error.unwrap();
        let cause = cause(Some(&error));
        let error = error.downcast::<AttemptTimeoutError>().unwrap();
        let message = error.to_string();
        assert_eq!((message.as_str(), cause, error.in_body(), error.limit().as_millis()), expected);
        assert!(error.source().is_none());
        assert!(messages.insert(message), "messages are unique");
    }
}

/// What must become of a call whose consumer never pauses, reckoned in plain numbers.
fn reckon(limits: [u64; 3], deadline: u64, script: &Script) -> (usize, &'static str, u64) {
    let [head, idle, total] = limits;
    if deadline == 0 {
        return (0, "deadline", 0);
    }
    let whole = [(total, "total"), (deadline, "deadline")];
    let earliest = |first: (u64, &'static str)| {
        whole.iter().fold(first, |earliest, &next| if next.0 < earliest.0 { next } else { earliest })
    };
    let mut now = script.head;
    let (at, cause) = earliest((head, "head"));
    if now > at {
        return (0, cause, at);
    }
    for (frames, &next) in script.frames.iter().chain([&script.end]).enumerate() {
        let (at, cause) = earliest((now.saturating_add(idle), "idle"));
        if next > at && next > now {
            return (frames, cause, at);
        }
        now = now.max(next);
    }
    (script.frames.len(), "", now)
}

/// Times that people type, in milliseconds.
fn typed() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(0),
        Just(1),
        Just(5),
        Just(250),
        Just(1_000),
        Just(1_500),
        Just(5_000),
        Just(30_000),
        Just(60_000),
        Just(300_000),
        Just(3_600_000),
    ]
}

proptest! {
    #[test]
    fn limits_end_a_call_when_they_must(
        limits in [typed(), typed(), typed()],
        unset in [any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()],
        endless in any::<bool>(),
        deadline in typed(),
        head in typed(),
        gaps in proptest::collection::vec(typed(), 0..4),
        end in typed(),
    ) {
        // unset limits are absent or as long as can be: no difference may show
        let [head_limit, idle, total] = [0, 1, 2].map(|i| if unset[i] { NEVER } else { limits[i] });
        let deadline = if unset[3] { NEVER } else { deadline };
        let mut now = head;
        let frames: Vec<u64> = gaps.iter().map(|gap| { now += gap; now }).collect();
        let script = Script::new(head, &frames, now + end);

        let value = |limit| if limit == NEVER { Duration::MAX } else { ms(limit) };
        let timeouts = if endless {
            AttemptTimeouts::new().head(value(head_limit)).idle(value(idle)).total(value(total))
        } else {
            self::limits(head_limit, idle, total)
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let outcome = runtime.block_on(async {
            let mut request = request();
            if endless || deadline != NEVER {
                request.extensions_mut().insert(Deadline::after(value(deadline)));
            }
            call_and_read(AttemptTimeout::new(Server::new(script.clone()), timeouts), request, 0).await
        });
        let seen = (outcome.frames, cause(outcome.error.as_ref()), outcome.milliseconds);
        let (frames, cause, at) = reckon([head_limit, idle, total], deadline, &script);
        prop_assert_eq!(seen, (frames, cause, u128::from(at)));
    }
}
