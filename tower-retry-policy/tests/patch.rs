//! A patch in a request's extensions changes single settings of one call.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod loops;
mod support;

use self::{
    loops::{Loop, over_each_loop},
    support::{Answer, Body, Script, request},
};
use http::{Request, Response, StatusCode};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_backoff::Backoff;
use tower_retry_policy::{
    Attempt, CallEnd, History, Observer, Phase, RetryBudget, RetryError, RetryPatch, RetryPolicy, RetryWait,
    StopReason, budget::RatioBudget,
};

/// What an author has set.
fn policy() -> RetryPolicy {
    RetryPolicy::standard()
        .retries(2)
        .backoff(Backoff::constant(Duration::from_millis(100)))
        .last_response_as_error(true)
        .without_budget()
}

fn with(extensions: impl FnOnce(&mut http::Extensions), method: &str) -> Request<Body> {
    let mut request = request(method);
    extensions(request.extensions_mut());
    request
}

async fn send(
    which: Loop,
    policy: &RetryPolicy,
    server: &Script,
    request: Request<Body>,
) -> Result<Response<Body>, BoxError> {
    ServiceBuilder::new().layer(which.retry(policy.clone())).service(server.clone()).oneshot(request).await
}

type Change = fn(RetryPolicy) -> RetryPolicy;

async fn single_settings_change_and_the_others_stay(which: Loop) {
    let none: Change = |policy| policy;
    let table: [(&str, Change, u128, Option<StopReason>); 7] = [
        ("GET", none, 2, Some(StopReason::Attempts)),
        ("GET", |policy| policy.retries(4), 4, Some(StopReason::Attempts)),
        ("GET", |policy| policy.retries(0), 0, None),
        (
            "GET",
            |policy| policy.retries_after(Phase::Status, 1),
            1,
            Some(StopReason::PhaseAttempts(Phase::Status)),
        ),
        ("POST", none, 0, Some(StopReason::NotRepeatable)),
        ("POST", |policy| policy.any_method(), 2, Some(StopReason::Attempts)),
        ("GET", |policy| policy.statuses([StatusCode::BAD_GATEWAY]), 0, None),
    ];
    for (index, (method, change, retries, stop)) in table.into_iter().enumerate() {
        let server = Script::new([Answer::Status(503)]);
        let request = with(|of| drop(of.insert(RetryPatch::new(change))), method);
        let outcome = send(which, &policy(), &server, request).await;
        let waits: Vec<u128> = (0..=retries).map(|n| n * 100).collect();
        assert_eq!(server.times(), waits, "the author's wait stays, {index}");
        let error = outcome.as_ref().err().map(|error| RetryError::find(&**error).unwrap());
        assert_eq!(error.and_then(RetryError::stop_reason), stop, "the author wants an error, {index}");
        assert_eq!(
            error.and_then(RetryError::status),
            stop.map(|_| StatusCode::SERVICE_UNAVAILABLE),
            "{index}"
        );
    }
}

async fn changes_add_up_in_their_order(which: Loop) {
    let retries = |retries| RetryPatch::new(move |policy| policy.retries(retries));
    let at_once = RetryPatch::new(|policy| policy.backoff(Backoff::none()));
    let table = [
        (retries(1).and(retries(3)), vec![0, 100, 200, 300]),
        (retries(3).and(retries(1)), vec![0, 100]),
        (retries(3).and(at_once.clone()), vec![0, 0, 0, 0]),
        (at_once.and(retries(1)).and(retries(3)), vec![0, 0, 0, 0]),
    ];
    for (patch, times) in table {
        let server = Script::new([Answer::Status(503)]);
        let request = with(|of| drop(of.insert(patch)), "GET");
        send(which, &policy(), &server, request).await.unwrap_err();
        assert_eq!(server.times(), times);
    }
}

async fn it_changes_the_own_policy_of_a_request(which: Loop) {
    let own = RetryPolicy::urllib3(1).statuses([StatusCode::SERVICE_UNAVAILABLE]);
    let server = Script::new([Answer::Status(503)]);
    let request = with(
        |of| {
            of.insert(own);
            of.insert(RetryPatch::new(|policy| policy.retries(4)));
        },
        "GET",
    );
    let response = send(which, &policy(), &server, request).await.unwrap();
    assert_eq!(server.times(), [0; 5], "the waits of the request's own policy, and the patch's count");
    assert_eq!(History::of(&response).unwrap().stop_reason(), Some(StopReason::Attempts));
}

/// Counts what it hears.
#[derive(Debug, Clone, Default)]
struct Ear {
    retries: Arc<AtomicU32>,
    ends: Arc<AtomicU32>,
}

impl Observer for Ear {
    fn retrying(&self, _: &Attempt<'_>, _: RetryWait) {
        self.retries.fetch_add(1, SeqCst);
    }

    fn ended(&self, _: &CallEnd<'_>) {
        self.ends.fetch_add(1, SeqCst);
    }
}

async fn it_lifts_no_budget_and_brings_no_observer(which: Loop) {
    let changes: [fn(RetryPolicy, Ear) -> RetryPolicy; 3] = [
        |policy, ear| policy.without_budget().observer(ear),
        |policy, ear| policy.budget(RatioBudget::new().ratio(1000.0)).observer(ear),
        // another policy altogether
        |_, ear| RetryPolicy::standard().without_budget().observer(ear),
    ];
    for change in changes {
        let budget = Arc::new(RatioBudget::new().ratio(0.0).per_second(1));
        let (layers, own) = (Ear::default(), Ear::default());
        let policy = policy().backoff(Backoff::none()).budget(Arc::clone(&budget)).observer(layers.clone());
        let server = Script::new([Answer::Status(503)]);
        let patch = own.clone();
        let patch = RetryPatch::new(move |policy| {
            change(policy, patch.clone()).retries(1000).backoff(Backoff::none()).last_response_as_error(true)
        });
        let before = budget.balance();
        let error =
            send(which, &policy, &server, with(|of| drop(of.insert(patch)), "GET")).await.unwrap_err();
        assert!(RetryError::find(&*error).unwrap().is_budget());
        assert_eq!(server.count() as u64, before + 1, "as many retries as the layer's budget grants");
        assert_eq!(u64::from(layers.retries.load(SeqCst)), before);
        assert_eq!(layers.ends.load(SeqCst), 1);
        assert_eq!((own.retries.load(SeqCst), own.ends.load(SeqCst)), (0, 0));
    }
}

async fn it_switches_a_layer_on_that_never_retries(which: Loop) {
    let server = Script::new([Answer::Status(503), Answer::Status(200)]);
    let never = RetryPolicy::never().statuses([StatusCode::SERVICE_UNAVAILABLE]);
    let patched = with(|of| drop(of.insert(RetryPatch::new(|policy| policy.retries(1)))), "GET");
    let response = send(which, &never, &server, patched).await.unwrap();
    assert_eq!((response.status(), server.count()), (StatusCode::OK, 2));
    let server = Script::new([Answer::Status(503)]);
    send(which, &never, &server, request("GET")).await.unwrap();
    assert_eq!(server.count(), 1, "the layer itself has not changed");
}

async fn each_attempt_has_it_for_a_retry_below(which: Loop) {
    // the outer one repeats what the inner one has given up on, so both counts show
    let both = policy().retries(0).retry_exhausted_inner(true).last_response_as_error(false);
    let server = Script::new([Answer::Status(503)]);
    let stack = ServiceBuilder::new().layer(which.retry(both.clone())).layer(which.retry(both));
    let patched = with(|of| drop(of.insert(RetryPatch::new(|policy| policy.retries(2)))), "GET");
    stack.service(server.clone()).oneshot(patched).await.unwrap();
    assert_eq!(server.count(), 9, "three attempts of three");
}

over_each_loop!(
    #[tokio::test(start_paused = true)]
    single_settings_change_and_the_others_stay,
    changes_add_up_in_their_order,
    it_changes_the_own_policy_of_a_request,
    it_lifts_no_budget_and_brings_no_observer,
    it_switches_a_layer_on_that_never_retries,
    each_attempt_has_it_for_a_retry_below,
);
