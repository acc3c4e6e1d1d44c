//! Case 37: what a body costs.

use crate::{
    reader::{fetch, request, stack},
    wire::{
        Server,
        Step::{Changed, Cut, Reset, Status, Whole},
    },
};
use http_body_util::BodyExt;
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tower::ServiceExt;
use tower_backoff::Backoff;
use tower_retry_policy::{
    RetryPolicy, StopReason,
    budget::{FailureKind, InFlightBudget, QuotaBudget, RatioBudget, RequestEnd, RetryBudget},
};

/// Writes down what it hears, in the order of the calls.
#[derive(Debug, Default)]
struct Diary {
    lines: Mutex<Vec<&'static str>>,
    grants: u64,
}

impl Diary {
    fn granting(grants: u64) -> Arc<Self> {
        Arc::new(Self { grants, ..Self::default() })
    }

    fn write(&self, line: &'static str) {
        self.lines.lock().unwrap().push(line);
    }

    fn lines(&self) -> Vec<&'static str> {
        self.lines.lock().unwrap().clone()
    }

    fn count(&self, line: &str) -> usize {
        self.lines().into_iter().filter(|written| *written == line).count()
    }
}

impl RetryBudget for Diary {
    fn begin(&self) {
        self.write("begin");
    }

    fn end(&self) {
        self.write("end");
    }

    fn failed(&self, _: FailureKind, _: Instant) {
        self.write("failed");
    }

    fn withdraw(&self, _: FailureKind, _: Instant) -> bool {
        let granted = ((self.count("withdraw") - self.count("give back")) as u64) < self.grants;
        self.write(if granted { "withdraw" } else { "refuse" });
        granted
    }

    fn give_back(&self, _: FailureKind, _: Instant) {
        self.write("give back");
    }

    fn retry_ended(&self) {
        self.write("retry ended");
    }

    fn settle(&self, end: RequestEnd, _: Instant) {
        self.write(if end == RequestEnd::FirstTry { "settle" } else { "settle after retry" });
    }

    fn recovered(&self, _: FailureKind, _: Instant) {
        self.write("recovered");
    }

    fn tracks_in_flight(&self) -> bool {
        true
    }

    fn balance(&self) -> u64 {
        self.grants
    }
}

fn policy(budget: impl RetryBudget + 'static) -> RetryPolicy {
    RetryPolicy::standard().retries(9).backoff(Backoff::constant(Duration::from_secs(1))).budget(budget)
}

#[tokio::test(start_paused = true)]
async fn a_request_is_counted_once_however_often_its_body_breaks() {
    let diary = Diary::granting(9);
    let server = Server::new(100_000, [Cut(10), Cut(1), Whole]);
    let read = fetch(stack(&policy(Arc::clone(&diary)), &server), request()).await;
    assert!(read.error.is_none());
    let of_the_call = ["begin", "settle", "end"];
    let of_the_body = [
        "begin",
        "failed",
        "withdraw",
        "retry ended",
        "failed",
        "withdraw",
        "recovered",
        "retry ended",
        "end",
    ];
    assert_eq!(diary.lines(), [&of_the_call[..], &of_the_body].concat());
}

#[tokio::test(start_paused = true)]
async fn the_retries_of_a_continuation_pay_and_its_first_attempt_does_not() {
    let diary = Diary::granting(9);
    let server = Server::new(100_000, [Cut(10), Status(503), Reset, Whole]);
    let read = fetch(stack(&policy(Arc::clone(&diary)), &server), request()).await;
    assert!(read.error.is_none());
    assert_eq!(server.count(), 4);
    // one for each request after the first; the request was settled with the first head
    let counts = ["withdraw", "failed", "retry ended", "settle", "settle after retry", "begin", "end"];
    assert_eq!(counts.map(|line| diary.count(line)), [3, 3, 3, 1, 0, 2, 2]);
}

#[tokio::test(start_paused = true)]
async fn case_37_an_empty_budget_says_so() {
    let server = Server::new(100_000, [Cut(10), Whole]);
    let read = fetch(stack(&policy(Diary::granting(0)), &server), request()).await;
    assert!(read.refusal().is_budget());
    assert_eq!(server.count(), 1);
    assert!(read.error.unwrap().to_string().contains("stopped: budget"));

    // one for the body, none for the retry below
    let server = Server::new(100_000, [Cut(10), Reset, Whole]);
    let read = fetch(stack(&policy(Diary::granting(1)), &server), request()).await;
    assert_eq!((read.refusal().stop_reason(), server.count()), (Some(StopReason::Budget), 2));
}

#[tokio::test(start_paused = true)]
async fn case_37_what_was_granted_comes_back_when_the_body_is_dropped() {
    let diary = Diary::granting(1);
    let server = Server::new(100_000, [Cut(10)]);
    let stack = stack(&policy(Arc::clone(&diary)), &server);
    let mut body = Box::pin(stack.oneshot(request()).await.unwrap().into_body());
    assert!(body.frame().await.unwrap().is_ok());
    assert!(tokio::time::timeout(Duration::from_millis(500), body.frame()).await.is_err(), "it waits");
    assert_eq!(diary.count("withdraw"), 1);
    drop(body);
    assert_eq!([diary.count("give back"), diary.count("begin"), diary.count("end")], [1, 2, 2]);
    assert_eq!(server.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_budget_of_retries_in_flight_counts_until_the_body_is_over() {
    let budget = Arc::new(InFlightBudget::new());
    let full = budget.balance();
    let server = Server::new(100_000, [Cut(10), Whole]);
    let stack = stack(&policy(Arc::clone(&budget)), &server);
    let mut body = Box::pin(stack.oneshot(request()).await.unwrap().into_body());
    for _ in 0..2 {
        assert!(body.frame().await.unwrap().is_ok());
    }
    assert_eq!((server.count(), budget.balance()), (2, full - 1), "the rest is on its way");
    drop(body);
    assert_eq!(budget.balance(), full);
}

#[tokio::test(start_paused = true)]
async fn a_quota_has_what_it_paid_again_once_the_rest_has_come() {
    const PROGRESS: u64 = 64 * 1024;
    let budget = Arc::new(QuotaBudget::new());
    let full = budget.balance();
    // each costs 1 % of the quota, and would have used it up
    let server = Server::new(300 * PROGRESS, [Cut(PROGRESS)]);
    let read = fetch(stack(&policy(Arc::clone(&budget)), &server), request()).await;
    assert!(read.error.is_none(), "{:?}", read.error);
    assert_eq!((server.count(), budget.balance()), (300, full));

    // what has not come does not come back
    let server = Server::new(100_000, [Cut(10), Changed]);
    let read = fetch(stack(&policy(Arc::clone(&budget)), &server), request()).await;
    assert!(read.error.is_some() && budget.balance() < full);
}

#[tokio::test(start_paused = true)]
async fn the_budget_is_the_layers_whatever_the_request_brings() {
    let server = Server::new(100_000, [Cut(10), Whole]);
    let mut request = request();
    request.extensions_mut().insert(RetryPolicy::standard().budget(RatioBudget::new()));
    let read = fetch(stack(&policy(Diary::granting(0)), &server), request).await;
    assert!(read.refusal().is_budget());
}
