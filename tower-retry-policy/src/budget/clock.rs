//! Where a budget has the time from.

use std::time::Duration;

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
pub(crate) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
