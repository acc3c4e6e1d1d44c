//! Tokens that failures take and successes bring back.

use super::{
    FailureKind, RequestEnd, RetryBudget,
    atomic::{AtomicU64, Ordering},
};
use std::{fmt, time::Instant};
use tower::retry::budget::Budget;

/// Thousandths of a token, the three decimals that A6 keeps.
const TOKEN: u64 = 1000;

/// No retries while failures prevail: gRPC's throttling of retries ([A6][a6]).
///
/// There are 10 tokens at first and at most. Every attempt that fails in a way that the policy retries takes one, as
/// does a pushback not to retry; every success brings back 0.1. A failure that the policy does not retry changes
/// nothing, and neither does one that the server did not process ([`RetryBudget`]). Retries are granted while more than half of the tokens are there. Unlike
/// a ratio it needs no clock: with these figures retries stop once more than one of eleven attempts fails.
///
/// ```
/// use tower_retry_policy::budget::{FailureKind, RetryBudget, ThrottleBudget};
///
/// let now = std::time::Instant::now();
/// let budget = ThrottleBudget::new();
/// for _ in 0..4 {
///     budget.failed(FailureKind::Transient, now);
///     assert!(budget.withdraw(FailureKind::Transient, now));
/// }
/// // The fifth failure leaves half of the tokens, which is too few.
/// budget.failed(FailureKind::Transient, now);
/// assert!(!budget.withdraw(FailureKind::Transient, now));
/// ```
///
/// A failure counts whether or not it is retried, so a grant itself takes nothing and there is nothing to give
/// back. [`balance`](RetryBudget::balance) is how many failures in a row would still be retried.
///
/// tower's `Budget` has no call for a failure: its `withdraw` counts one and asks then.
///
/// # What it cannot do
///
/// It does not bound the retries of a burst: those that are on their way when the tokens fall are not
/// called back, and after an outage it takes many successes until retries are granted again.
///
/// [a6]: https://github.com/grpc/proposal/blob/master/A6-client-retries.md#throttling-retry-attempts-and-hedged-rpcs
pub struct ThrottleBudget {
    max: u64,
    ratio: u64,
    tokens: AtomicU64,
}

impl ThrottleBudget {
    /// 10 tokens and 0.1 for a success: the figures of A6's own example, which grpc's service configurations
    /// carry on.
    #[must_use]
    pub fn new() -> Self {
        Self::with(10 * TOKEN, TOKEN / 10)
    }

    /// The most tokens and those at first, from 1 to 1000 as in A6; what is outside counts as the nearer of
    /// them. Default 10.
    #[must_use]
    pub fn max_tokens(self, tokens: u32) -> Self {
        Self::with(u64::from(tokens.clamp(1, 1000)) * TOKEN, self.ratio)
    }

    /// Tokens for a success, rounded down to three decimals as in A6; no number or less than nothing counts
    /// as 0. Default 0.1.
    #[must_use]
    pub fn token_ratio(self, ratio: f64) -> Self {
        // A thousandth of a thousandth on top, since 0.29 * 1000 is a little less than 290.
        let thousandths = (ratio.clamp(0.0, 1000.0) * TOKEN as f64 + 1e-6) as u64;
        Self::with(self.max, thousandths)
    }

    fn with(max: u64, ratio: u64) -> Self {
        Self { max, ratio, tokens: AtomicU64::new(max) }
    }

    /// The tokens that are there.
    #[must_use]
    pub fn tokens(&self) -> f64 {
        self.tokens.load(Ordering::Relaxed) as f64 / TOKEN as f64
    }

    fn lose(&self) {
        let _ = self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| {
            (tokens > 0).then(|| tokens.saturating_sub(TOKEN))
        });
    }

    #[inline]
    fn gain(&self) {
        // Nothing is written while all tokens are there, so that successes do not meet on a cache line.
        let _ = self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| {
            (tokens < self.max).then(|| self.max.min(tokens + self.ratio))
        });
    }

    fn allows(&self) -> bool {
        2 * self.tokens.load(Ordering::Relaxed) > self.max
    }
}

impl Default for ThrottleBudget {
    fn default() -> Self {
        Self::new()
    }
}

impl RetryBudget for ThrottleBudget {
    fn failed(&self, _: FailureKind, _: Instant) {
        self.lose();
    }

    fn withdraw(&self, _: FailureKind, _: Instant) -> bool {
        self.allows()
    }

    fn give_back(&self, _: FailureKind, _: Instant) {}

    fn settle(&self, end: RequestEnd, _: Instant) {
        match end {
            RequestEnd::FirstTry | RequestEnd::AfterRetry(_) => self.gain(),
            RequestEnd::Failed | RequestEnd::NotRetried => {}
        }
    }

    fn balance(&self) -> u64 {
        // Each failure takes a token before its retry is asked for, and more than half must be left.
        let doubled = 2 * self.tokens.load(Ordering::Relaxed);
        doubled.saturating_sub(self.max + 1) / (2 * TOKEN)
    }
}

impl Budget for ThrottleBudget {
    fn deposit(&self) {
        self.gain();
    }

    fn withdraw(&self) -> bool {
        self.lose();
        self.allows()
    }
}

impl fmt::Debug for ThrottleBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThrottleBudget")
            .field("max_tokens", &(self.max / TOKEN))
            .field("token_ratio", &(self.ratio as f64 / TOKEN as f64))
            .field("tokens", &self.tokens())
            .finish()
    }
}
