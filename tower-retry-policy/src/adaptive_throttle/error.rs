//! The error of a request that was not sent.

use std::{error::Error, fmt};

/// The request was rejected on this side, because the server rejected most of those before it. It was not sent.
///
/// To retry it at once would be to go round the throttle; later requests will find out whether the server is
/// well again.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ThrottledError {
    requests: u64,
    accepts: u64,
}

impl ThrottledError {
    pub(super) fn new(requests: u64, accepts: u64) -> Self {
        Self { requests, accepts }
    }

    /// The requests within the window when it was decided, rejected ones included.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// Those of them that the server accepted.
    #[must_use]
    pub fn accepts(&self) -> u64 {
        self.accepts
    }
}

impl fmt::Display for ThrottledError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, accepts } = self;
        write!(f, "request rejected by client-side throttling: the server accepted {accepts} of {requests}")
    }
}

impl Error for ThrottledError {}
