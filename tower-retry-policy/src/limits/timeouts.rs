use super::Allowance;
use std::time::Duration;

/// The limits of one attempt, as a value.
///
/// The layer holds one for every request. One in a request's extensions replaces the layer's for that request, as a
/// whole: a limit that it does not set does not hold. A limit of more than 584 years is kept as that.
///
/// ```
/// use std::time::Duration;
///
/// use http::Request;
/// use tower_retry_policy::attempt_timeout::AttemptTimeouts;
///
/// let report = AttemptTimeouts::new().head(Duration::from_secs(300)).idle(Duration::from_secs(10));
/// let request = Request::get("/yearly-report").extension(report).body(()).unwrap();
/// assert_eq!(request.extensions().get(), Some(&report));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AttemptTimeouts {
    pub(super) head: Allowance,
    pub(super) idle: Allowance,
    pub(super) total: Allowance,
}

impl AttemptTimeouts {
    /// No limits.
    pub const fn new() -> Self {
        let none = Allowance::UNLIMITED;
        Self { head: none, idle: none, total: none }
    }

    /// Limits the time from the call to the response's head. Time in which the attempt waits for a recorded upload is not
    /// counted: see the [module](crate::attempt_timeout#uploads).
    ///
    /// Zero is allowed and refuses every head that is not there at the first poll.
    #[must_use]
    pub const fn head(mut self, limit: Duration) -> Self {
        self.head = Allowance::new(limit);
        self
    }

    /// Limits each wait for a frame of the response's body.
    #[must_use]
    pub const fn idle(mut self, limit: Duration) -> Self {
        self.idle = Allowance::new(limit);
        self
    }

    /// Limits the whole attempt, from the call to the end of the response's body.
    #[must_use]
    pub const fn total(mut self, limit: Duration) -> Self {
        self.total = Allowance::new(limit);
        self
    }

    /// The limit on the response's head, if there is one.
    pub const fn head_limit(&self) -> Option<Duration> {
        self.head.limit()
    }

    /// The limit on each wait for a frame, if there is one.
    pub const fn idle_limit(&self) -> Option<Duration> {
        self.idle.limit()
    }

    /// The limit on the whole attempt, if there is one.
    pub const fn total_limit(&self) -> Option<Duration> {
        self.total.limit()
    }
}

impl Default for AttemptTimeouts {
    fn default() -> Self {
        Self::new()
    }
}
