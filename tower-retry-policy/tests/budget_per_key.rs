//! One budget per key, with bounded memory, on paused time.
#![cfg(feature = "per-key")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::uri::Authority;
use tokio::time::advance;
use tower_retry_policy::budget::{FailureKind, PerKey, RatioBudget, RetryBudget};

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
    while hosts.budget(&bad).withdraw(TRANSIENT, now()) {}
    assert_eq!(hosts.budget(&bad).balance(), 0);
    assert_eq!(hosts.budget(&good).balance(), 10);
    assert!(hosts.budget(&good).withdraw(TRANSIENT, now()));
    // A host is itself in whatever letters.
    assert_eq!(hosts.budget(&host("BAD.example")).balance(), 0);
    assert_eq!(hosts.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn memory_is_bounded() {
    for max in [1, 10, 100] {
        let hosts = PerKey::new(|_: &u32| RatioBudget::new()).max_keys(max);
        for key in 0..10_000 {
            let _ = hosts.budget(&key);
            assert!(hosts.len() <= max, "{} of {max}", hosts.len());
        }
        assert!(!hosts.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_in_use_stays_while_others_pass() {
    let hosts = PerKey::new(|_: &u32| RatioBudget::new().ratio(0.0)).max_keys(100);
    while hosts.budget(&0).withdraw(TRANSIENT, now()) {}
    for key in 1..10_000 {
        let _ = hosts.budget(&key);
        assert_eq!(hosts.budget(&0).balance(), 0, "forgotten after {key} others");
    }
}

#[tokio::test(start_paused = true)]
async fn idle_keys_are_forgotten_and_those_in_use_are_not() {
    let hosts = budgets().idle(Duration::from_secs(60));
    let (held, asked, idle) = (host("held"), host("asked"), host("idle"));
    let in_flight = hosts.budget(&held);
    let _ = hosts.budget(&idle);
    for _ in 0..3 {
        let _ = hosts.budget(&asked);
        advance(Duration::from_secs(30)).await;
    }
    let _ = hosts.budget(&asked);
    assert_eq!(hosts.len(), 2);
    assert!(Arc::ptr_eq(&in_flight, &hosts.budget(&held)), "a request on its way kept its budget");
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
        let _ = hosts.budget(&7);
        assert_eq!(made.load(Ordering::Relaxed), expected, "after {pause} s");
    }
}

#[test]
fn threads_that_ask_at_once_get_the_same_budget() {
    for _ in 0..50 {
        let hosts = budgets();
        let key = host("a.example");
        let granted: u64 = std::thread::scope(|scope| {
            let drain = || (0..).take_while(|_| hosts.budget(&key).withdraw(TRANSIENT, now())).count() as u64;
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(drain)).collect();
            threads.into_iter().map(|thread| thread.join().expect("no thread panics")).sum()
        });
        assert_eq!(granted, 10);
    }
}
