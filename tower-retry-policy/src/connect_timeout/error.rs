use crate::limits::Span;
use std::{error::Error, fmt, time::Duration};

/// The limit on the way to a connection passed: the request was not sent.
///
/// It is the error of [`ConnectTimeout`](super::ConnectTimeout), of the phase [`Connect`](crate::Phase::Connect).
#[derive(Clone, Debug)]
pub struct ConnectTimeoutError {
    limit: Duration,
}

impl ConnectTimeoutError {
    pub(super) const fn new(limit: Duration) -> Self {
        Self { limit }
    }

    /// The limit that passed.
    pub const fn limit(&self) -> Duration {
        self.limit
    }
}

impl fmt::Display for ConnectTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no connection within {}", Span(self.limit))
    }
}

impl Error for ConnectTimeoutError {}
