//! A policy that is replaced while the layer's services run.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use self::support::{Answer, Script, request};
use http::StatusCode;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};
use tokio::time::sleep;
use tower::{Layer, ServiceExt};
use tower_backoff::Backoff;
use tower_retry_policy::{
    CallEnd, History, Observer, RatioBudget, RetryBudget, RetryLayer, RetryPatch, RetryPolicy,
    retry::{Hedge, PolicyHandle, Retry},
};

const SECOND: Duration = Duration::from_secs(1);

fn policy(retries: u32) -> RetryPolicy {
    RetryPolicy::standard().retries(retries).backoff(Backoff::constant(SECOND)).without_budget()
}

/// How many attempts a call has that always fails.
async fn attempts(service: &Retry<Script>, server: &Script) -> usize {
    let before = server.count();
    service.clone().oneshot(request("GET")).await.unwrap();
    server.count() - before
}

#[tokio::test(start_paused = true)]
async fn calls_follow_the_policy_that_is_in_use_when_they_begin() {
    let server = Script::new([Answer::Status(503)]);
    let mut layer = RetryLayer::new(policy(1)).hedge(Hedge::after(SECOND * 3600));
    let early = layer.layer(server.clone());
    let handle = layer.handle();
    let service = layer.layer(server.clone());
    // settings that come after the handle take nothing from it
    let later = layer.clone().before_retry(|_, next| async { Ok(next) }).layer(server.clone());
    assert_eq!(attempts(&service, &server).await, 2, "the layer's own, until it is replaced");
    for (next, expected) in [
        (policy(3), 4),
        (RetryPolicy::never(), 1),
        (policy(2), 3),
        (policy(2).statuses([StatusCode::BAD_GATEWAY]), 1),
        (policy(0), 1),
        (policy(4), 5),
    ] {
        handle.replace(next);
        assert_eq!(attempts(&service, &server).await, expected);
        assert_eq!(attempts(&later, &server).await, expected);
        assert_eq!(attempts(&early, &server).await, 2, "made before there was a handle");
    }
    handle.replace(handle.policy().retries(1));
    assert_eq!(attempts(&service, &server).await, 2);
    layer.handle().replace(policy(2));
    assert_eq!(attempts(&service, &server).await, 3, "a second handle is of the same policy");
}

#[tokio::test(start_paused = true)]
async fn calls_that_run_keep_theirs() {
    let server = Script::new([Answer::Status(503)]);
    let mut layer = RetryLayer::new(policy(3));
    let handle = layer.handle();
    let running = tokio::spawn(layer.layer(server.clone()).oneshot(request("GET")));
    sleep(SECOND / 2).await;
    handle.replace(RetryPolicy::never());
    let response = running.await.unwrap().unwrap();
    assert_eq!(History::of(&response).unwrap().attempts_made(), 4);
    assert_eq!(server.times(), [0, 1000, 2000, 3000]);
}

/// Counts the calls whose end it hears of.
#[derive(Clone, Debug, Default)]
struct Ear(Arc<AtomicU32>);

impl Observer for Ear {
    fn ended(&self, _: &CallEnd<'_>) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn budget_and_observers_stay_unless_others_are_asked_for() {
    let fixed = || Arc::new(RatioBudget::new().ratio(0.0));
    let hasty = |retries| policy(retries).backoff(Backoff::none());
    let ((old, new), (old_ear, new_ear)) = ((fixed(), fixed()), <(Ear, Ear)>::default());
    let full = old.balance();
    let server = Script::new([Answer::Status(503)]);
    let mut layer = RetryLayer::new(hasty(1000).budget(Arc::clone(&old)).observer(old_ear.clone()));
    let handle = layer.handle();
    let service = layer.layer(server.clone());
    assert_eq!(attempts(&service, &server).await as u64, 1 + full, "used up");
    let heard = |ear: &Ear| ear.0.load(SeqCst);
    for next in [hasty(5), hasty(5).budget(Arc::clone(&new)).observer(new_ear.clone()), RetryPolicy::never()]
    {
        handle.replace(next);
        let before = heard(&old_ear);
        assert_eq!(attempts(&service, &server).await, 1, "a new configuration lifts no budget");
        assert_eq!((heard(&old_ear), heard(&new_ear)), (before + 1, 0));
    }
    handle.replace_with_budget(hasty(5).budget(Arc::clone(&new)).observer(new_ear.clone()));
    let before = heard(&old_ear);
    assert_eq!(attempts(&service, &server).await, 6);
    assert_eq!((heard(&old_ear), heard(&new_ear)), (before, 1));
    assert_eq!(new.balance(), full - 5);
    // from now on that one stays
    handle.replace(hasty(5));
    attempts(&service, &server).await;
    assert_eq!(new.balance(), full - 10);
}

#[tokio::test(start_paused = true)]
async fn what_a_running_call_has_of_the_old_budget_goes_back_there() {
    let fixed = || Arc::new(RatioBudget::new().ratio(0.0));
    let (old, new) = (fixed(), fixed());
    let full = old.balance();
    let server = Script::new([Answer::Status(503)]);
    let mut layer = RetryLayer::new(policy(3).budget(Arc::clone(&old)));
    let handle = layer.handle();
    let running = tokio::spawn(layer.layer(server.clone()).oneshot(request("GET")));
    sleep(SECOND / 2).await;
    assert_eq!(old.balance(), full - 1, "a retry is waited for");
    handle.replace_with_budget(policy(3).budget(Arc::clone(&new)));
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    assert_eq!((old.balance() >= full, new.balance()), (true, full));
}

#[tokio::test(start_paused = true)]
async fn patches_change_the_policy_that_is_in_use() {
    let server = Script::new([Answer::Status(503)]);
    let mut layer = RetryLayer::new(policy(1));
    let handle = layer.handle();
    handle.replace(policy(1).backoff(Backoff::constant(SECOND * 5)));
    let mut request = request("GET");
    request.extensions_mut().insert(RetryPatch::new(|policy| policy.retries(2)));
    layer.layer(server.clone()).oneshot(request).await.unwrap();
    assert_eq!(server.times(), [0, 5000, 10_000]);
}

#[test]
fn threads_replace_it_while_others_call() {
    fn shared<T: Clone + Send + Sync + 'static>(value: &T) -> T {
        value.clone()
    }
    let mut layer = RetryLayer::new(policy(1).backoff(Backoff::none()));
    let handle: PolicyHandle = shared(&layer.handle());
    let service = shared(&layer).layer(tower::service_fn(|_: http::Request<support::Body>| async {
        Ok::<_, std::io::Error>(http::Response::builder().status(503).body(()).unwrap())
    }));
    thread::scope(|scope| {
        for thread in 0..2 {
            let handle = handle.clone();
            scope.spawn(move || {
                (0..500_u32).for_each(|n| handle.replace(policy((n + thread) % 4).backoff(Backoff::none())));
            });
            let service = service.clone();
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
                for _ in 0..500 {
                    let response = runtime.block_on(service.clone().oneshot(request("GET"))).unwrap();
                    let made = History::of(&response).map_or(1, History::attempts_made);
                    assert!((1..=4).contains(&made), "one policy or another: {made}");
                }
            });
        }
    });
}
