//! What is told of a call whose server misbehaves first.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use first_steps_server::{Answer, Server};
use first_steps_telemetry::{bill, client};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use std::{
    fmt,
    sync::{Arc, Mutex},
};
use tracing::{Event, Subscriber, field::Field, field::Visit};
use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt, registry::LookupSpan};

/// The events, as "span: field=value ..".
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Log {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() == "tower_retry_policy" {
            let mut line =
                Line(context.lookup_current().map(|span| span.name().to_owned()).unwrap_or_default());
            event.record(&mut line);
            self.0.lock().unwrap().push(line.0);
        }
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0 += &format!(" {}={value:?}", field.name());
    }
}

/// The counters by name and labels.
fn counters(snapshotter: &Snapshotter) -> Vec<(String, u64)> {
    let mut counters = Vec::new();
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        if let DebugValue::Counter(count) = value {
            let mut labels: Vec<_> =
                key.key().labels().map(|label| format!(" {}={}", label.key(), label.value())).collect();
            labels.sort();
            counters.push((key.key().name().to_owned() + &labels.concat(), count));
        }
    }
    counters.sort();
    counters
}

#[tokio::test]
async fn a_call_with_two_retries_is_counted_and_told() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _metrics = metrics::set_default_local_recorder(&recorder);
    let log = Log::default();
    let _tracing = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()));

    let server =
        Server::start([Answer::Status(503), Answer::Cut("[1]")], Answer::Whole("[1]")).await.unwrap();
    assert_eq!(bill(&client(), &server.url("/bill")).await.unwrap(), [1]);
    assert_eq!(server.received().len(), 3);

    let counters = counters(&snapshotter);
    for (name, count) in [
        ("http.client.retry.attempts client=billing", 3),
        ("http.client.retry.retries client=billing phase=body", 1),
        ("http.client.retry.retries client=billing phase=status", 1),
        ("http.client.retry.successes_after_retry client=billing", 1),
    ] {
        assert!(counters.contains(&(name.to_owned(), count)), "{name}: {counters:?}");
    }
    let log = log.0.lock().unwrap().clone();
    assert_eq!(log.len(), 3, "{log:#?}");
    assert!(log.iter().all(|line| line.starts_with("http.call ")), "{log:#?}");
    assert!(
        log[0].contains("http.response.status_code=503") && log[0].contains("http.request.resend_count=1"),
        "{log:#?}"
    );
    assert!(
        log[1].contains("error.type=\"body\"") && log[1].contains("http.request.resend_count=2"),
        "{log:#?}"
    );
}
