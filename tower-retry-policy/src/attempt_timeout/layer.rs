use super::{AttemptTimeout, AttemptTimeouts};
use std::time::Duration;
use tower_layer::Layer;

/// Holds each attempt to limits: see the [module](super).
///
/// By default there is no limit, and only a [`Deadline`](crate::deadline::Deadline) in the request's extensions
/// holds.
#[derive(Clone, Copy, Debug, Default)]
pub struct AttemptTimeoutLayer {
    timeouts: AttemptTimeouts,
}

impl AttemptTimeoutLayer {
    /// A layer without limits, for the setters below.
    pub const fn new() -> Self {
        Self { timeouts: AttemptTimeouts::new() }
    }

    /// Limits the time from the call to the response's head. Time in which the attempt waits for a recorded upload is not
    /// counted: see the [module](super#uploads).
    #[must_use]
    pub const fn head(mut self, limit: Duration) -> Self {
        self.timeouts = self.timeouts.head(limit);
        self
    }

    /// Limits each wait for a frame of the response's body.
    #[must_use]
    pub const fn idle(mut self, limit: Duration) -> Self {
        self.timeouts = self.timeouts.idle(limit);
        self
    }

    /// Limits the whole attempt, from the call to the end of the response's body.
    #[must_use]
    pub const fn total(mut self, limit: Duration) -> Self {
        self.timeouts = self.timeouts.total(limit);
        self
    }

    /// The limits that hold for a request that brings none of its own.
    pub const fn timeouts(&self) -> AttemptTimeouts {
        self.timeouts
    }
}

impl From<AttemptTimeouts> for AttemptTimeoutLayer {
    fn from(timeouts: AttemptTimeouts) -> Self {
        Self { timeouts }
    }
}

impl<S> Layer<S> for AttemptTimeoutLayer {
    type Service = AttemptTimeout<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AttemptTimeout::new(inner, self.timeouts)
    }
}
