use std::{
    sync::atomic::{AtomicU64, Ordering::SeqCst},
    time::Instant,
};
use tower_retry_policy::{FailureKind, RequestEnd, RetryBudget};

/// Another budget, and how often it was told what.
#[derive(Debug)]
pub(crate) struct Counted<B> {
    pub(crate) inner: B,
    begun: AtomicU64,
    ended: AtomicU64,
    granted: AtomicU64,
    given_back: AtomicU64,
    retries_ended: AtomicU64,
    settled: AtomicU64,
}

impl<B> Counted<B> {
    pub(crate) fn new(inner: B) -> Self {
        let [begun, ended, granted, given_back, retries_ended, settled] = Default::default();
        Self { inner, begun, ended, granted, given_back, retries_ended, settled }
    }

    /// What was taken has come back, and each of so many calls that ended was told of once.
    pub(crate) fn check(&self, name: &str, calls: u64) {
        let [begun, ended, granted, given_back, retries_ended, settled] =
            [&self.begun, &self.ended, &self.granted, &self.given_back, &self.retries_ended, &self.settled]
                .map(|count| count.load(SeqCst));
        println!("{name}: {settled} settled, {granted} retries granted, {given_back} of them given back");
        assert_eq!(begun, ended, "{name}: begun and ended");
        assert_eq!(granted, given_back + retries_ended, "{name}: granted, and given back or sent and ended");
        assert_eq!(settled, calls, "{name}: settled, and calls that had an outcome");
        assert!(granted > 0, "{name}: no retry was granted");
    }
}

impl<B: RetryBudget> RetryBudget for Counted<B> {
    fn begin(&self) {
        self.begun.fetch_add(1, SeqCst);
        self.inner.begin();
    }

    fn end(&self) {
        self.ended.fetch_add(1, SeqCst);
        self.inner.end();
    }

    fn failed(&self, kind: FailureKind, now: Instant) {
        self.inner.failed(kind, now);
    }

    fn withdraw(&self, kind: FailureKind, now: Instant) -> bool {
        let granted = self.inner.withdraw(kind, now);
        self.granted.fetch_add(u64::from(granted), SeqCst);
        granted
    }

    fn give_back(&self, kind: FailureKind, now: Instant) {
        self.given_back.fetch_add(1, SeqCst);
        self.inner.give_back(kind, now);
    }

    fn retry_ended(&self) {
        self.retries_ended.fetch_add(1, SeqCst);
        self.inner.retry_ended();
    }

    fn settle(&self, end: RequestEnd, now: Instant) {
        self.settled.fetch_add(1, SeqCst);
        self.inner.settle(end, now);
    }

    fn tracks_in_flight(&self) -> bool {
        self.inner.tracks_in_flight()
    }

    fn balance(&self) -> u64 {
        self.inner.balance()
    }
}
