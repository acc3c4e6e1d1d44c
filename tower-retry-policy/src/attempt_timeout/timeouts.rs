use std::time::Duration;

/// The limits of one attempt, as a value.
///
/// The layer holds one for every request. One in a request's extensions replaces the layer's for that request, as a
/// whole: a limit that it does not set does not hold.
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct AttemptTimeouts {
    head: Option<Duration>,
    idle: Option<Duration>,
    total: Option<Duration>,
}

impl AttemptTimeouts {
    /// No limits.
    pub const fn new() -> Self {
        Self { head: None, idle: None, total: None }
    }

    /// Limits the time from the call to the response's head.
    ///
    /// Zero is allowed and refuses every head that is not there at the first poll.
    #[must_use]
    pub const fn head(mut self, limit: Duration) -> Self {
        self.head = Some(limit);
        self
    }

    /// Limits each wait for a frame of the response's body.
    #[must_use]
    pub const fn idle(mut self, limit: Duration) -> Self {
        self.idle = Some(limit);
        self
    }

    /// Limits the whole attempt, from the call to the end of the response's body.
    #[must_use]
    pub const fn total(mut self, limit: Duration) -> Self {
        self.total = Some(limit);
        self
    }

    /// The limit on the response's head, if there is one.
    pub const fn head_limit(&self) -> Option<Duration> {
        self.head
    }

    /// The limit on each wait for a frame, if there is one.
    pub const fn idle_limit(&self) -> Option<Duration> {
        self.idle
    }

    /// The limit on the whole attempt, if there is one.
    pub const fn total_limit(&self) -> Option<Duration> {
        self.total
    }
}
