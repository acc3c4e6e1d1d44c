//! What the ready-made observers tell of bodies that break.

use crate::{
    reader::{fetch, request, stack},
    wire::{
        Server,
        Step::{self, Cut, Status, Whole},
    },
};
use metrics::with_local_recorder;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use std::{
    collections::BTreeMap,
    fmt::{Debug, Write},
    sync::{Arc, Mutex},
    time::Duration,
};
use tower::ServiceExt;
use tower_backoff::Backoff;
use tower_retry_policy::{MetricsObserver, RetryPolicy, TracingObserver};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    subscriber::with_default,
};
use tracing_subscriber::{
    Layer, Registry,
    layer::{Context, SubscriberExt},
};

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

impl<S: Subscriber> Layer<S> for Capture {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target() == "tower_retry_policy"
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Fields(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
}

fn policy() -> RetryPolicy {
    RetryPolicy::standard()
        .retries(3)
        .backoff(Backoff::constant(Duration::from_millis(1500)))
        .without_budget()
        .observer(MetricsObserver::new())
        .observer(TracingObserver::new())
}

/// Reads the bodies one after the other; all but the events and metrics of bodies is left out.
fn told(calls: &[&[Step]]) -> (Vec<String>, BTreeMap<String, String>) {
    let (capture, recorder) = (Capture::default(), DebuggingRecorder::new());
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    with_default(Registry::default().with(capture.clone()), || {
        with_local_recorder(&recorder, || {
            MetricsObserver::describe();
            runtime.block_on(async {
                for steps in calls {
                    let server = Server::new(200_000, steps.iter().copied());
                    fetch(stack(&policy(), &server), request()).await;
                }
                let server = Server::new(200_000, [Cut(0)]);
                let body = stack(&policy(), &server).oneshot(request()).await.unwrap().into_body();
                let read = crate::reader::read(body);
                assert!(tokio::time::timeout(Duration::from_secs(1), read).await.is_err());
            });
        });
    });
    let events = capture.0.lock().unwrap().iter().filter(|line| line.contains("body")).cloned().collect();
    let metrics = recorder.snapshotter().snapshot().into_vec().into_iter();
    let metrics = metrics.filter_map(|(key, _, _, value)| {
        let name = key.key().name().strip_prefix("http.client.retry.").unwrap();
        let labels: Vec<_> =
            key.key().labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let value = match value {
            DebugValue::Counter(count) => count.to_string(),
            DebugValue::Gauge(value) => value.to_string(),
            DebugValue::Histogram(values) => {
                values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
            }
        };
        let of_bodies = ["bod", "contin", "attempts", "wait"].iter().any(|part| name.starts_with(part));
        of_bodies.then(|| ([&[name.to_owned()], &labels[..]].concat().join(" "), value))
    });
    (events, metrics.collect())
}

#[test]
fn bodies_are_counted_and_written_down_without_secrets() {
    let (events, metrics) = told(&[&[Whole], &[Cut(70_000), Status(503), Whole], &[Cut(1), Cut(0)]]);
    let who = "http.request.method=GET server.address=example.com server.port=80";
    let of = |rest: &str| rest.replace("WHO", who);
    assert_eq!(
        events,
        [
            of(
                "INFO message=continuing a body WHO http.request.resend_count=1 error.type=body retry.wait_ms=1500 \
                retry.asked_by_server=false retry.continuation=1 retry.offset=70000 retry.length=200000"
            ),
            of("INFO message=a body is whole after continuations WHO http.request.resend_count=2 \
                retry.elapsed_ms=3000 retry.continuation=1 retry.offset=70000 retry.length=200000"),
            of(
                "INFO message=continuing a body WHO http.request.resend_count=1 error.type=body retry.wait_ms=1500 \
                retry.asked_by_server=false retry.continuation=1 retry.offset=1 retry.length=200000"
            ),
            of(
                "INFO message=continuing a body WHO http.request.resend_count=2 error.type=body retry.wait_ms=1500 \
                retry.asked_by_server=false retry.continuation=2 retry.offset=1 retry.length=200000"
            ),
            of(
                "INFO message=continuing a body WHO http.request.resend_count=3 error.type=body retry.wait_ms=1500 \
                retry.asked_by_server=false retry.continuation=3 retry.offset=1 retry.length=200000"
            ),
            of("WARN message=gave up on a body WHO http.request.resend_count=3 error.type=body \
                retry.stop_reason=attempts retry.elapsed_ms=4500 retry.continuation=3 retry.offset=1 \
                retry.length=200000"),
            of(
                "INFO message=continuing a body WHO http.request.resend_count=1 error.type=body retry.wait_ms=1500 \
                retry.asked_by_server=false retry.continuation=1 retry.offset=0 retry.length=200000"
            ),
            of("INFO message=abandoned a body WHO http.request.resend_count=0 retry.elapsed_ms=1000 \
                retry.continuation=1 retry.offset=0 retry.length=200000"),
        ]
    );
    let metrics: Vec<_> = metrics.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        metrics,
        [
            // 1 + 3 + 4 + 1, as on the wire
            ("attempts", "9"),
            ("bodies_abandoned", "1"),
            ("bodies_continued", "1"),
            ("body_stops reason=attempts", "1"),
            ("continuation_offset", "70000 1 1 1 0"),
            ("continuations phase=body", "5"),
            ("wait asked_by=backoff", "1.5 1.5 1.5 1.5 1.5 1.5"),
        ]
    );
}
