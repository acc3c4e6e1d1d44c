//! A store of tokens with a price for each kind of failure.

use super::{
    FailureKind, RequestEnd, RetryBudget,
    atomic::{AtomicU64, Ordering},
};
use std::{fmt, time::Instant};
use tower::retry::budget::Budget;

/// Retries have a price, a retry that succeeds gets it back: the retry quota of the AWS SDKs' standard mode.
///
/// The store begins full, with 500 tokens. A retry takes the price of the failure that it follows. A request
/// that succeeds after retries brings back the price of the *last* one only, one that succeeds at once
/// brings 1, one that fails nothing, also when the policy does not retry such a failure (a 400). So retries that help cost little, and those that do not help run dry.
///
/// | | [`new`](Self::new): specification 2.1 | [`legacy`](Self::legacy): specification 2.0 |
/// |---|---|---|
/// | transient failure | 14 | 5 |
/// | timeout | 14 | 10 |
/// | throttled by the server | 5 | 5 |
///
/// ```
/// use tower_retry_policy::budget::{FailureKind, QuotaBudget, RequestEnd, RetryBudget};
///
/// let now = std::time::Instant::now();
/// let budget = QuotaBudget::new();
/// assert!(budget.withdraw(FailureKind::Transient, now));
/// assert!(budget.withdraw(FailureKind::Throttled, now));
/// assert_eq!(budget.tokens(), 500 - 14 - 5);
/// budget.settle(RequestEnd::AfterRetry(FailureKind::Throttled), now);
/// assert_eq!(budget.tokens(), 500 - 14);
/// ```
///
/// tower's `Budget` knows no kinds: its `withdraw` pays for a transient failure, its `deposit` brings 1.
///
/// # What it cannot do
///
/// It has no clock: a client that sends little keeps a full store for ever, and one whose store is empty has to
/// succeed many times before it may retry.
pub struct QuotaBudget {
    capacity: u64,
    transient: u64,
    timeout: u64,
    throttled: u64,
    tokens: AtomicU64,
}

impl QuotaBudget {
    /// 500 tokens; a retry costs 14, after throttling 5 (specification 2.1, the SDKs' default from November
    /// 2026). Throttling is cheap because the server itself asked for the pause.
    #[must_use]
    pub fn new() -> Self {
        Self { capacity: 500, transient: 14, timeout: 14, throttled: 5, tokens: AtomicU64::new(500) }
    }

    /// 500 tokens; a retry costs 5, after a timeout 10 (specification 2.0).
    #[must_use]
    pub fn legacy() -> Self {
        Self { transient: 5, timeout: 10, throttled: 5, ..Self::new() }
    }

    /// The most tokens and those at first. Default 500.
    #[must_use]
    pub fn capacity(self, tokens: u32) -> Self {
        let capacity = u64::from(tokens);
        Self { capacity, tokens: AtomicU64::new(capacity), ..self }
    }

    /// The tokens at first, if they are fewer than the [capacity](Self::capacity).
    #[must_use]
    pub fn initial(self, tokens: u32) -> Self {
        let tokens = AtomicU64::new(self.capacity.min(u64::from(tokens)));
        Self { tokens, ..self }
    }

    /// The price of a retry after such a failure. A price of 0 leaves these retries without a limit.
    #[must_use]
    pub fn cost(mut self, kind: FailureKind, tokens: u32) -> Self {
        let cost = match kind {
            FailureKind::Transient => &mut self.transient,
            FailureKind::Timeout => &mut self.timeout,
            FailureKind::Throttled => &mut self.throttled,
        };
        *cost = u64::from(tokens);
        self
    }

    /// The tokens that are there.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        self.tokens.load(Ordering::Relaxed)
    }

    fn price(&self, kind: FailureKind) -> u64 {
        match kind {
            FailureKind::Transient => self.transient,
            FailureKind::Timeout => self.timeout,
            FailureKind::Throttled => self.throttled,
        }
    }

    fn pay(&self, cost: u64) -> bool {
        self.tokens
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| tokens.checked_sub(cost))
            .is_ok()
    }

    #[inline]
    fn put(&self, more: u64) {
        // Nothing is written while the store is full, so that successes do not meet on a cache line.
        let _ = self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| {
            (tokens < self.capacity).then(|| self.capacity.min(tokens + more))
        });
    }
}

impl Default for QuotaBudget {
    fn default() -> Self {
        Self::new()
    }
}

impl RetryBudget for QuotaBudget {
    fn withdraw(&self, kind: FailureKind, _: Instant) -> bool {
        self.pay(self.price(kind))
    }

    fn give_back(&self, kind: FailureKind, _: Instant) {
        self.put(self.price(kind));
    }

    fn settle(&self, end: RequestEnd, _: Instant) {
        match end {
            RequestEnd::FirstTry => self.put(1),
            RequestEnd::AfterRetry(kind) => self.put(self.price(kind)),
            RequestEnd::Failed | RequestEnd::NotRetried => {}
        }
    }

    fn recovered(&self, kind: FailureKind, _: Instant) {
        self.put(self.price(kind));
    }

    fn balance(&self) -> u64 {
        self.tokens().checked_div(self.transient).unwrap_or(u64::MAX)
    }
}

impl Budget for QuotaBudget {
    fn deposit(&self) {
        self.put(1);
    }

    fn withdraw(&self) -> bool {
        self.pay(self.transient)
    }
}

impl fmt::Debug for QuotaBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuotaBudget")
            .field("capacity", &self.capacity)
            .field("transient", &self.transient)
            .field("timeout", &self.timeout)
            .field("throttled", &self.throttled)
            .field("tokens", &self.tokens())
            .finish()
    }
}
