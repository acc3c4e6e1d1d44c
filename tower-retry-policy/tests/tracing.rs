//! The feature `tracing`: what a subscriber gets to see of calls.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod loops;
mod support;

use self::{
    loops::{Loop, over_each_loop},
    support::{Answer, Body, Script},
};
use http::{Request, Response};
use std::{
    fmt::{Debug, Write},
    io::ErrorKind,
    sync::{Arc, Mutex},
    time::Duration,
};
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_backoff::Backoff;
use tower_retry_policy::{RetryAfter, RetryPolicy, RetrySpanLayer, TracingObserver};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::with_default,
};
use tracing_subscriber::{
    Layer, Registry,
    layer::{Context, SubscriberExt},
    registry::LookupSpan,
};

const SECRET: &str = "https://user:pass@example.com:8443/path?key=secret";

/// Writes down everything, one line each.
#[derive(Clone, Default)]
struct Capture(Arc<Mutex<Vec<String>>>);

/// Fields as `name=value`.
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        write!(self.0, " {field}={value}").unwrap();
    }
}

impl Capture {
    fn note(&self, head: &str, metadata: &Metadata<'_>, fields: impl FnOnce(&mut Fields)) {
        assert_eq!(metadata.target(), "tower_retry_policy");
        let mut line = Fields(format!("{head} {}", metadata.level()));
        fields(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Capture {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        // the runtime has events of its own
        metadata.target() == "tower_retry_policy"
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        let metadata = attributes.metadata();
        self.note(metadata.name(), metadata, |fields| attributes.record(fields));
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        self.note("recorded", context.metadata(id).unwrap(), |fields| record.record(fields));
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let place = context.event_span(event).map_or("event", |_| "event in span");
        self.note(place, event.metadata(), |fields| event.record(fields));
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        self.note("closed", context.metadata(&id).unwrap(), |_| {});
    }
}

fn policy() -> RetryPolicy {
    RetryPolicy::standard()
        .backoff(Backoff::constant(Duration::from_millis(1_500)))
        .observer(TracingObserver::new())
}

/// What is seen of a call, and what it came to.
fn seen(
    which: Loop,
    policy: RetryPolicy,
    with_span: bool,
    method: &str,
    uri: &str,
    answers: Vec<Answer>,
) -> (Vec<String>, Result<Response<Body>, BoxError>) {
    let capture = Capture::default();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let result = with_default(Registry::default().with(capture.clone()), || {
        runtime.block_on(async {
            let request = Request::builder().method(method).uri(uri).body(Body::default()).unwrap();
            let service = ServiceBuilder::new().layer(which.retry(policy)).service(Script::new(answers));
            if with_span {
                ServiceBuilder::new().layer(RetrySpanLayer::new()).service(service).oneshot(request).await
            } else {
                service.oneshot(request).await
            }
        })
    });
    let lines = capture.0.lock().unwrap().clone();
    (lines, result)
}

over_each_loop!(
    #[test]
    a_call_with_retries_in_its_span,
    calls_of_all_ends,
    the_span_knows_how_the_call_ended,
    nothing_secret_is_written,
    a_call_that_is_dropped_ends_its_span,
);

fn a_call_with_retries_in_its_span(which: Loop) {
    let answers = vec![
        Answer::With(503, "retry-after", "5"),
        Answer::Fails(ErrorKind::ConnectionReset),
        Answer::Status(200),
    ];
    let (lines, result) = seen(which, policy(), true, "GET", SECRET, answers);
    assert!(result.is_ok());
    let expected = [
        "http.call INFO otel.name=GET otel.kind=internal http.request.method=GET server.address=example.com \
         server.port=8443 url.full=https://example.com:8443/path",
        "event in span INFO message=retrying http.request.method=GET server.address=example.com server.port=8443 \
         http.request.resend_count=1 http.response.status_code=503 error.type=503 retry.wait_ms=5000 \
         retry.asked_by_server=true",
        "event in span INFO message=retrying http.request.method=GET server.address=example.com server.port=8443 \
         http.request.resend_count=2 error.type=read retry.wait_ms=1500 retry.asked_by_server=false",
        "event in span INFO message=succeeded after a retry http.request.method=GET server.address=example.com \
         server.port=8443 http.request.resend_count=2 http.response.status_code=200 retry.elapsed_ms=6500",
        "recorded INFO http.request.resend_count=2",
        "recorded INFO http.response.status_code=200",
        "closed INFO",
    ];
    assert_eq!(lines, expected);
}

fn calls_of_all_ends(which: Loop) {
    use Answer::{Fails, Status, With};
    let refuse = |policy: RetryPolicy| policy.retry_after(RetryAfter::Refuse(Duration::from_secs(1)));
    let as_error = || policy().retries(1).last_response_as_error(true);
    #[rustfmt::skip]
    let table = [
        (policy(), "GET", vec![Status(200)],
            "event DEBUG message=succeeded http.request.method=GET http.response.status_code=200 retry.elapsed_ms=0"),
        (policy(), "BREW", vec![Status(404)],
            "event DEBUG message=succeeded http.request.method=_OTHER http.response.status_code=404 error.type=404 \
             retry.elapsed_ms=0"),
        (policy(), "POST", vec![Fails(ErrorKind::ConnectionReset)],
            "event WARN message=gave up http.request.method=POST error.type=read retry.stop_reason=not repeatable \
             retry.elapsed_ms=0"),
        (policy(), "GET", vec![Answer::Unknown],
            "event WARN message=gave up http.request.method=GET error.type=other retry.stop_reason=not retryable \
             retry.elapsed_ms=0"),
        (refuse(policy()), "GET", vec![With(429, "retry-after", "9")],
            "event WARN message=gave up http.request.method=GET http.response.status_code=429 error.type=429 \
             retry.stop_reason=retry-after too long retry.elapsed_ms=0"),
        (as_error(), "GET", vec![Status(503)],
            "event WARN message=gave up http.request.method=GET http.request.resend_count=1 \
             http.response.status_code=503 error.type=503 retry.stop_reason=attempts retry.elapsed_ms=1500"),
        (policy().statuses([http::StatusCode::ACCEPTED]), "POST", vec![Status(202)],
            "event WARN message=gave up http.request.method=POST http.response.status_code=202 error.type=status \
             retry.stop_reason=not repeatable retry.elapsed_ms=0"),
    ];
    for (policy, method, answers, expected) in table {
        let (lines, _) = seen(which, policy, false, method, "/in/process?key=secret", answers);
        assert_eq!(lines.last().unwrap(), expected);
    }
}

fn the_span_knows_how_the_call_ended(which: Loop) {
    use Answer::{Fails, Status};
    let as_error = || policy().retries(1).last_response_as_error(true);
    let table = [
        (policy(), "GET", vec![Status(200)], vec!["http.response.status_code=200"]),
        (policy(), "GET", vec![Status(404)], vec!["http.response.status_code=404", "error.type=404"]),
        (policy(), "POST", vec![Status(503)], vec!["http.response.status_code=503", "error.type=503"]),
        (policy(), "POST", vec![Fails(ErrorKind::ConnectionReset)], vec!["error.type=read"]),
        (RetryPolicy::never(), "GET", vec![Fails(ErrorKind::ConnectionRefused)], vec!["error.type=connect"]),
        (
            as_error(),
            "GET",
            vec![Status(503)],
            vec!["http.request.resend_count=1", "http.response.status_code=503", "error.type=503"],
        ),
    ];
    for (policy, method, answers, expected) in table {
        let (lines, _) = seen(which, policy, true, method, SECRET, answers.clone());
        let recorded: Vec<_> = lines.iter().filter_map(|line| line.strip_prefix("recorded INFO ")).collect();
        assert_eq!(recorded, expected, "{method} {answers:?}");
    }
}

fn nothing_secret_is_written(which: Loop) {
    for answers in [vec![Answer::Status(200)], vec![Answer::Status(503)], vec![Answer::Unknown]] {
        let (lines, _) = seen(which, policy(), true, "BREW", SECRET, answers);
        assert!(
            lines[0].contains("http.request.method=_OTHER http.request.method_original=BREW"),
            "{lines:?}"
        );
        for secret in ["user", "pass", "key", "secret", "nobody knows this error"] {
            assert!(!lines.iter().any(|line| line.contains(secret)), "{secret}: {lines:?}");
        }
    }
}

fn a_call_that_is_dropped_ends_its_span(which: Loop) {
    let capture = Capture::default();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    with_default(Registry::default().with(capture.clone()), || {
        runtime.block_on(async {
            let service = ServiceBuilder::new()
                .layer(RetrySpanLayer::new())
                .layer(which.retry(policy()))
                .service(Script::new([Answer::Status(503)]));
            let call = service.oneshot(support::request("GET"));
            tokio::time::timeout(Duration::from_secs(1), call).await.unwrap_err();
        });
    });
    let lines = capture.0.lock().unwrap();
    assert!(lines[1].starts_with("event in span INFO message=retrying"), "{lines:?}");
    // tower's loop does not tell its policy of a call that is dropped
    if which != Loop::Towers {
        assert!(lines[2].starts_with("event in span INFO message=abandoned"), "{lines:?}");
    }
    assert_eq!(lines.last().unwrap(), "closed INFO");
    assert_eq!(lines.len(), if which == Loop::Towers { 3 } else { 4 }, "{lines:?}");
}
