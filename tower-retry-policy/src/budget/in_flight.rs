//! A share of the requests that are on their way now.

use super::{
    FailureKind, RequestEnd, RetryBudget,
    atomic::{AtomicU64, Ordering},
};
use std::{fmt, time::Instant};
use tower::retry::budget::Budget;

/// As many retries at the same time as a share of the requests in flight: Envoy's [retry budget][envoy].
///
/// By default 20 % of the requests that have begun and not ended, but 3 in any case. It has no window and
/// no clock: when a server hangs, requests pile up and so do the retries that are allowed. A retry is granted only
/// while fewer than the share, or than the minimum, are in flight; requests that end later take none back.
///
/// ```
/// use tower_retry_policy::budget::{FailureKind, InFlightBudget, RetryBudget};
///
/// let now = std::time::Instant::now();
/// let budget = InFlightBudget::new();
/// for _ in 0..50 {
///     budget.begin();
/// }
/// assert_eq!(budget.balance(), 10);
/// assert!(budget.withdraw(FailureKind::Transient, now));
/// assert_eq!(budget.balance(), 9);
/// budget.retry_ended();
/// assert_eq!(budget.balance(), 10);
/// ```
///
/// A request counts once, however many attempts it has. It [tracks](RetryBudget::tracks_in_flight) requests, so
/// whoever uses it must call [`begin`](RetryBudget::begin), [`end`](RetryBudget::end) and
/// [`retry_ended`](RetryBudget::retry_ended). tower's `Budget` has no such calls: there the minimum is all that
/// is granted until the policy calls `retry_ended` itself; its `deposit` does nothing.
///
/// [envoy]: https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/circuit_breaker.proto
pub struct InFlightBudget {
    percent: u32,
    min: u64,
    /// Begun less ended; below nothing if somebody ends what did not begin.
    requests: AtomicU64,
    retries: AtomicU64,
}

impl InFlightBudget {
    /// 20 % of the requests in flight, and 3 in any case: Envoy's defaults, so that a client with little traffic
    /// can retry at all.
    #[must_use]
    pub fn new() -> Self {
        Self { percent: 20, min: 3, requests: AtomicU64::new(0), retries: AtomicU64::new(0) }
    }

    /// Retries in hundredths of the requests in flight, rounded down. Default 20.
    #[must_use]
    pub fn percent(self, percent: u32) -> Self {
        Self { percent, ..self }
    }

    /// Retries that may be in flight in any case. Default 3.
    #[must_use]
    pub fn min(self, retries: u32) -> Self {
        Self { min: u64::from(retries), ..self }
    }

    /// Requests that have begun and not ended.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed).cast_signed().max(0).cast_unsigned()
    }

    /// Retries that were granted and have not ended.
    #[must_use]
    pub fn retries(&self) -> u64 {
        self.retries.load(Ordering::Relaxed)
    }

    fn limit(&self) -> u64 {
        let share = u128::from(self.requests()) * u128::from(self.percent) / 100;
        self.min.max(u64::try_from(share).unwrap_or(u64::MAX))
    }

    fn take(&self) -> bool {
        self.retries
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |retries| {
                (retries < self.limit()).then_some(retries + 1)
            })
            .is_ok()
    }

    fn release(&self) {
        // A call too many must not wrap around.
        let _ =
            self.retries.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |retries| retries.checked_sub(1));
    }
}

impl Default for InFlightBudget {
    fn default() -> Self {
        Self::new()
    }
}

impl RetryBudget for InFlightBudget {
    fn begin(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    fn end(&self) {
        self.requests.fetch_sub(1, Ordering::Relaxed);
    }

    fn withdraw(&self, _: FailureKind, _: Instant) -> bool {
        self.take()
    }

    fn give_back(&self, _: FailureKind, _: Instant) {
        self.release();
    }

    fn retry_ended(&self) {
        self.release();
    }

    fn settle(&self, _: RequestEnd, _: Instant) {}

    fn tracks_in_flight(&self) -> bool {
        true
    }

    fn balance(&self) -> u64 {
        self.limit().saturating_sub(self.retries())
    }
}

impl Budget for InFlightBudget {
    fn deposit(&self) {}

    fn withdraw(&self) -> bool {
        self.take()
    }
}

impl fmt::Debug for InFlightBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InFlightBudget")
            .field("percent", &self.percent)
            .field("min", &self.min)
            .field("requests", &self.requests())
            .field("retries", &self.retries())
            .finish()
    }
}
