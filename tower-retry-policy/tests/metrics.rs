//! The feature `metrics`: what a recorder counts.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod loops;
mod support;
#[allow(dead_code, reason = "each test file uses its own part")]
#[path = "continuing/wire.rs"]
mod wire;

use self::{
    loops::{Loop, over_each_loop},
    support::{Answer, Script, request},
    wire::{Empty, Server, Step},
};
use http::{Request, Response};
use http_body_util::BodyExt;
use metrics::with_local_recorder;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::ErrorKind,
    time::Duration,
};
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
use tower_backoff::Backoff;
use tower_content_check::continuation::ContinueLayer;
use tower_retry_policy::{AttemptNumber, MetricsObserver, RetryLayer, RetryPolicy, retry::Hedge};

/// As the module's documentation has them.
const DOCUMENTED: &str = include_str!("../src/observe/metrics/mod.rs");

/// Every metric by its name without the common beginning, with its labels and its value.
fn counted(snapshotter: &Snapshotter) -> BTreeMap<String, String> {
    let metrics = snapshotter.snapshot().into_vec().into_iter();
    metrics
        .map(|(key, _, _, value)| {
            let name = key.key().name().strip_prefix("http.client.retry.").unwrap();
            let labels: Vec<_> =
                key.key().labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
            let value = match value {
                DebugValue::Counter(count) => count.to_string(),
                DebugValue::Gauge(value) => value.to_string(),
                DebugValue::Histogram(values) => {
                    let values: Vec<_> = values.iter().map(|value| format!("{value} s")).collect();
                    values.join(" ")
                }
            };
            ([&[name.to_owned()], &labels[..]].concat().join(" "), value)
        })
        .collect()
}

/// What is counted of some calls over one layer.
fn after(which: Loop, policy: &RetryPolicy, calls: &[(&str, &[Answer])]) -> BTreeMap<String, String> {
    let recorder = DebuggingRecorder::new();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    with_local_recorder(&recorder, || {
        MetricsObserver::describe();
        runtime.block_on(async {
            for (method, answers) in calls {
                let script = Script::new(answers.to_vec());
                let _ = ServiceBuilder::new()
                    .layer(which.retry(policy.clone()))
                    .service(script)
                    .oneshot(request(method))
                    .await;
            }
        });
    });
    counted(&recorder.snapshotter())
}

fn policy() -> RetryPolicy {
    RetryPolicy::standard()
        .without_budget()
        .backoff(Backoff::constant(Duration::from_millis(1_500)))
        .observer(MetricsObserver::new())
}

over_each_loop!(
    #[test]
    attempts_retries_successes_and_stops,
    the_balance_of_the_budget_is_that_after_the_last_call,
    labels_stand_at_every_metric,
);

fn attempts_retries_successes_and_stops(which: Loop) {
    use Answer::{Fails, Status, With};
    let reset = Fails(ErrorKind::ConnectionReset);
    let counted = after(
        which,
        &policy(),
        &[
            ("GET", &[Status(200)]),
            ("GET", &[Status(404)]),
            ("GET", &[reset.clone(), With(503, "retry-after", "5"), Status(200)]),
            ("GET", std::slice::from_ref(&reset)),
            ("POST", std::slice::from_ref(&reset)),
            ("POST", &[Answer::Unknown]),
        ],
    );
    let expected = [
        ("attempts", "10"),
        ("call_duration", "0 s 0 s 6.5 s 3 s 0 s 0 s"),
        ("retries phase=read", "3"),
        ("retries phase=status", "1"),
        ("stops reason=attempts", "1"),
        ("stops reason=not repeatable", "1"),
        ("stops reason=not retryable", "1"),
        ("successes_after_retry", "1"),
        ("wait asked_by=backoff", "1.5 s 1.5 s 1.5 s"),
        ("wait asked_by=server", "5 s"),
    ];
    let counted: Vec<_> = counted.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(counted, expected);
}

fn the_balance_of_the_budget_is_that_after_the_last_call(which: Loop) {
    let calls: [(&str, &[Answer]); 1] = [("GET", &[Answer::Fails(ErrorKind::ConnectionReset)])];
    let with_budget = RetryPolicy::standard().backoff(Backoff::none()).observer(MetricsObserver::new());
    // 10 a second over 10 s, less two retries, and a fifth of the one request
    let balance = after(which, &with_budget, &calls).remove("budget_balance");
    assert_eq!(balance.as_deref(), Some("98"));
    assert_eq!(after(which, &policy(), &calls).remove("budget_balance"), None);
}

fn labels_stand_at_every_metric(which: Loop) {
    let policy = RetryPolicy::standard()
        .backoff(Backoff::none())
        .observer(MetricsObserver::new().label("client", "billing").label("shard", 7.to_string()));
    let calls: [(&str, &[Answer]); 2] =
        [("GET", &[Answer::Status(503), Answer::Status(200)]), ("POST", &[Answer::Status(503)])];
    let counted = after(which, &policy, &calls);
    assert_eq!(counted.len(), 7, "{counted:?}");
    for name in counted.keys() {
        assert!(name.contains(" client=billing shard=7"), "{name}");
    }
}

/// One is continued, one is given up, one is dropped.
async fn bodies_that_break() {
    let policy = policy().retries(1);
    for (second, patience) in [(Step::Whole, 60), (Step::Reset, 60), (Step::Whole, 1)] {
        let layers = ServiceBuilder::new()
            .layer(ContinueLayer::new(policy.clone()))
            .layer(RetryLayer::new(policy.clone()));
        let service = layers.service(Server::new(100, [Step::Cut(10), second]));
        let get = Request::get("http://test/path").body(Empty::new()).unwrap();
        let body = service.oneshot(get).await.unwrap().into_body();
        let _ = tokio::time::timeout(Duration::from_secs(patience), body.collect()).await;
    }
}

#[test]
fn every_metric_is_documented_and_described() {
    let recorder = DebuggingRecorder::new();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    with_local_recorder(&recorder, || {
        MetricsObserver::describe();
        runtime.block_on(async {
            let policy = RetryPolicy::standard().observer(MetricsObserver::new());
            for (method, answers) in [
                ("GET", [Answer::Status(503), Answer::Status(200)]),
                ("POST", [Answer::Status(503), Answer::Status(200)]),
            ] {
                let script = Script::new(answers);
                let _ = ServiceBuilder::new()
                    .layer(RetryLayer::new(policy.clone()))
                    .service(script)
                    .oneshot(request(method))
                    .await;
            }
            let hedged = RetryLayer::new(policy).hedge(Hedge::after(Duration::from_secs(1)));
            let second_answers = service_fn(async |request: Request<support::Body>| {
                if AttemptNumber::of(&request) == 1 {
                    std::future::pending::<()>().await;
                }
                Ok::<_, BoxError>(Response::new(()))
            });
            let service = ServiceBuilder::new().layer(hedged).service(second_answers);
            service.clone().oneshot(request("GET")).await.unwrap();
            let dropped = service.oneshot(request("GET"));
            assert!(tokio::time::timeout(Duration::from_millis(500), dropped).await.is_err());
            bodies_that_break().await;
        });
    });
    let mut described = BTreeSet::new();
    for (key, unit, description, _) in recorder.snapshotter().snapshot().into_vec() {
        let name = key.key().name();
        let row = DOCUMENTED.lines().find(|line| line.contains(&format!("| `{name}` |"))).unwrap();
        let kind = format!("{:?}", key.kind()).to_lowercase();
        let unit = match unit.unwrap() {
            metrics::Unit::Count => "1",
            metrics::Unit::Seconds => "seconds",
            metrics::Unit::Bytes => "bytes",
            other => panic!("{name}: {other:?}"),
        };
        assert!(row.contains(&format!("| {kind}, {unit} |")), "{row}");
        assert!(description.is_some(), "{name}");
        described.insert(name.to_owned());
    }
    assert_eq!(described.len(), DOCUMENTED.lines().filter(|line| line.starts_with("//! | `http")).count());
}
