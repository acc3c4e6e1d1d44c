//! One budget per key, with bounded memory, on paused time.
#![cfg(feature = "per-key")]

use http::{Request, Response, uri::Authority};
use http_body_util::Empty;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::advance;
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
use tower_retry_policy::{
    RetryLayer, RetryPolicy,
    budget::{
        BudgetSource, FailureKind, Host, InFlightBudget, PerKey, RatioBudget, RequestHead, RetryBudget,
    },
};

const TRANSIENT: FailureKind = FailureKind::Transient;

/// tokio's time, as the policy hands it on.
fn now() -> std::time::Instant {
    tokio::time::Instant::now().into_std()
}

fn host(name: &str) -> Authority {
    name.parse().expect("a host")
}

fn budgets() -> PerKey<Authority, RatioBudget> {
    PerKey::new(|_| RatioBudget::new().per_second(1))
}

#[tokio::test(start_paused = true)]
async fn one_host_cannot_starve_another() {
    let hosts = budgets();
    let (bad, good) = (host("bad.example"), host("good.example:8080"));
    while hosts.budget(&bad, now()).withdraw(TRANSIENT, now()) {}
    assert_eq!(hosts.budget(&bad, now()).balance(), 0);
    assert_eq!(hosts.budget(&good, now()).balance(), 10);
    assert!(hosts.budget(&good, now()).withdraw(TRANSIENT, now()));
    // A host is itself in whatever letters.
    assert_eq!(hosts.budget(&host("BAD.example"), now()).balance(), 0);
    assert_eq!(hosts.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn memory_is_bounded() {
    for max in [1, 10, 100] {
        let hosts = PerKey::new(|_: &u32| RatioBudget::new()).max_keys(max);
        for key in 0..10_000 {
            let _ = hosts.budget(&key, now());
            assert!(hosts.len() <= max, "{} of {max}", hosts.len());
        }
        assert!(!hosts.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_in_use_stays_while_others_pass() {
    let hosts = PerKey::new(|_: &u32| RatioBudget::new().ratio(0.0)).max_keys(100);
    while hosts.budget(&0, now()).withdraw(TRANSIENT, now()) {}
    for key in 1..10_000 {
        let _ = hosts.budget(&key, now());
        assert_eq!(hosts.budget(&0, now()).balance(), 0, "forgotten after {key} others");
    }
}

#[tokio::test(start_paused = true)]
async fn idle_keys_are_forgotten_and_those_in_use_are_not() {
    let hosts = budgets().idle(Duration::from_secs(60));
    let (held, asked, idle) = (host("held"), host("asked"), host("idle"));
    let in_flight = hosts.budget(&held, now());
    let _ = hosts.budget(&idle, now());
    for _ in 0..3 {
        let _ = hosts.budget(&asked, now());
        advance(Duration::from_secs(30)).await;
    }
    let _ = hosts.budget(&asked, now());
    assert_eq!(hosts.len(), 2);
    assert!(Arc::ptr_eq(&in_flight, &hosts.budget(&held, now())), "a request on its way kept its budget");
}

#[tokio::test(start_paused = true)]
async fn an_idle_key_begins_anew_at_its_next_request() {
    let made = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&made);
    let hosts = PerKey::new(move |_: &u32| {
        count.fetch_add(1, Ordering::Relaxed);
        RatioBudget::new()
    })
    .idle(Duration::from_secs(60));
    for (pause, expected) in [(0, 1), (59, 1), (59, 1), (60, 2), (1, 2), (86_400, 3)] {
        advance(Duration::from_secs(pause)).await;
        let _ = hosts.budget(&7, now());
        assert_eq!(made.load(Ordering::Relaxed), expected, "after {pause} s");
    }
}

#[test]
fn threads_that_ask_at_once_get_the_same_budget() {
    for _ in 0..50 {
        let hosts = budgets();
        let key = host("a.example");
        let granted: u64 = std::thread::scope(|scope| {
            let drain =
                || (0..).take_while(|_| hosts.budget(&key, now()).withdraw(TRANSIENT, now())).count() as u64;
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(drain)).collect();
            threads.into_iter().map(|thread| thread.join().expect("no thread panics")).sum()
        });
        assert_eq!(granted, 10);
    }
}

/// Counts how often it is asked.
#[derive(Clone, Debug, Default)]
struct Asked(Arc<AtomicU64>);

impl BudgetSource for Asked {
    fn budget(&self, _: &RequestHead<'_>, _: std::time::Instant) -> Arc<dyn RetryBudget> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Arc::new(InFlightBudget::new())
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_is_asked_once_for_each_call_in_both_loops() {
    let asked = Asked::default();
    let policy = RetryPolicy::standard().retries(3).budget_per(asked.clone());
    let failing = service_fn(async |_: Request<Empty<&'static [u8]>>| {
        Err::<Response<()>, _>(BoxError::from(std::io::Error::from(std::io::ErrorKind::ConnectionReset)))
    });
    let ours = ServiceBuilder::new().layer(RetryLayer::new(policy.clone())).service(failing);
    let towers = ServiceBuilder::new().retry(policy).service(failing);
    for calls in 1..=3 {
        let request = || Request::new(Empty::new());
        assert!(ours.clone().oneshot(request()).await.is_err());
        assert_eq!(asked.0.load(Ordering::Relaxed), 2 * calls - 1);
        assert!(towers.clone().oneshot(request()).await.is_err());
        assert_eq!(asked.0.load(Ordering::Relaxed), 2 * calls);
    }
}

/// The key of a request is found by its host as written: in any case, short or long, in the target or in the field.
#[tokio::test(start_paused = true)]
async fn a_request_finds_the_budget_of_its_host_however_it_is_written() {
    let made = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&made);
    let hosts = PerKey::new(move |host: &Host| {
        seen.lock().expect("no maker panics").push(host.name().map(str::to_owned));
        RatioBudget::new().ratio(0.0).per_second(1).window(Duration::from_secs(1))
    })
    .per_host();
    let long = format!("{}.example", ["a".repeat(60).as_str(); 3].join("."));
    let rows = [
        ("http://one.example/", "", Some("one.example"), true),
        ("http://ONE.example/other", "two.example", Some("one.example"), false),
        ("http://me:pw@One.Example/", "", Some("one.example"), false),
        ("http://one.example:80/", "", Some("one.example:80"), true),
        ("/", "One.example", Some("one.example"), false),
        ("/", "[::1]:8080", Some("[::1]:8080"), true),
        ("/", "", None, true),
        ("/", "no host", None, false),
        (&*format!("http://{long}/"), "", Some(&*long), true),
        (&*format!("http://{}/", long.to_uppercase()), "", Some(&*long), false),
    ];
    let mut expected = Vec::new();
    for (uri, field, host, is_new) in rows {
        let mut request = http::Request::get(uri);
        if !field.is_empty() {
            request = request.header("host", field);
        }
        let request = request.body(()).expect("a request");
        let budget = hosts.budget(&RequestHead::new(&request), now());
        assert_eq!(budget.withdraw(TRANSIENT, now()), is_new, "{uri} {field}");
        if is_new {
            expected.push(host.map(str::to_owned));
        }
        assert_eq!(*made.lock().expect("no maker panics"), expected, "{uri} {field}");
    }
}
