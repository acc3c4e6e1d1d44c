use super::Allowance;
use std::time::Duration;
use tokio::time::Instant;

/// The point in time by which a call has to be over, as a request extension.
///
/// Deadlines are ordered: `a.min(b)` is the earlier one.
///
/// ```
/// use std::time::Duration;
///
/// use http::Request;
/// use tower_retry_policy::deadline::Deadline;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let deadline = Deadline::after(Duration::from_secs(5));
/// let request = Request::get("/").extension(deadline).body(()).unwrap();
///
/// tokio::time::sleep(Duration::from_secs(2)).await;
/// let deadline = request.extensions().get::<Deadline>().unwrap();
/// assert_eq!(deadline.remaining(), Duration::from_secs(3));
/// assert!(!deadline.is_past());
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deadline {
    at: Instant,
}

impl Deadline {
    /// The point `limit` from now.
    ///
    /// More than 584 years are taken as that; zero is a deadline that has passed.
    pub fn after(limit: Duration) -> Self {
        Self::since(Instant::now(), limit)
    }

    /// What is left, down to zero.
    pub fn remaining(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// Whether nothing is left.
    pub fn is_past(&self) -> bool {
        self.remaining().is_zero()
    }

    /// What is left at `now`, down to zero.
    pub(crate) fn left_at(&self, now: Instant) -> Duration {
        self.at.saturating_duration_since(now)
    }

    pub(crate) fn since(start: Instant, limit: Duration) -> Self {
        Self { at: Allowance::new(limit).after(start).unwrap_or(start) }
    }

    pub(crate) fn instant(&self) -> Instant {
        self.at
    }
}
