//! Where a budget has the time from.

use super::atomic::{AtomicU64, Ordering};
use std::{
    sync::Arc,
    time::{self, Duration},
};
use tokio::time::Instant;

/// A clock that a budget reads; any closure that returns a `Duration` is one.
///
/// ```
/// use std::sync::{Arc, atomic::{AtomicU64, Ordering::Relaxed}};
/// use std::time::Duration;
/// use tower::retry::budget::Budget;
/// use tower_retry_policy::budget::RatioBudget;
///
/// let seconds = Arc::new(AtomicU64::new(0));
/// let clock = { let seconds = Arc::clone(&seconds); move || Duration::from_secs(seconds.load(Relaxed)) };
/// let budget = RatioBudget::new().ratio(1.0).per_second(0).clock(clock);
///
/// budget.deposit();
/// seconds.store(11, Relaxed); // the window is 10 s long
/// assert!(!budget.withdraw());
/// ```
pub trait Clock: Send + Sync {
    /// The time since some moment that stays the same. A clock that goes back counts as one that stands.
    fn now(&self) -> Duration;
}

impl<F: Fn() -> Duration + Send + Sync> Clock for F {
    fn now(&self) -> Duration {
        self()
    }
}

/// tokio's clock: monotonic, and virtual while tokio's time is paused. Needs no runtime.
#[derive(Clone, Copy, Debug)]
pub struct TokioClock {
    start: Instant,
}

impl TokioClock {
    /// A clock that starts now.
    #[must_use]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

/// What a budget takes for the time: that which it is handed, or a clock of its own.
pub(crate) enum Time {
    /// Counted from this moment.
    Handed(Instant),
    /// And the latest that it has shown.
    Own(Arc<dyn Clock>, AtomicU64),
}

// ===== impl Time =====

impl Time {
    pub(crate) fn handed() -> Self {
        Self::Handed(Instant::now())
    }

    pub(crate) fn own(clock: Arc<dyn Clock>) -> Self {
        Self::Own(clock, AtomicU64::new(0))
    }

    /// Nanoseconds at this moment, or as its own clock shows them.
    #[inline]
    pub(crate) fn at(&self, now: time::Instant) -> u64 {
        match self {
            Self::Handed(start) => nanos(now.saturating_duration_since(start.into_std())),
            Self::Own(..) => self.now(),
        }
    }

    /// Nanoseconds now, for calls that bring no time.
    #[inline]
    pub(crate) fn now(&self) -> u64 {
        match self {
            Self::Handed(start) => nanos(start.elapsed()),
            Self::Own(clock, latest) => {
                let now = nanos(clock.now());
                latest.fetch_max(now, Ordering::Relaxed).max(now)
            }
        }
    }
}

// ===== impl TokioClock =====

impl Default for TokioClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }
}

/// Whole nanoseconds, which last for 584 years.
#[inline]
pub(crate) fn nanos(time: Duration) -> u64 {
    time.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(time.subsec_nanos()))
}
