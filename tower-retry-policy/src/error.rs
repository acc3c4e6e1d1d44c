use crate::{History, StopReason};
use http::{HeaderMap, StatusCode};
use std::{error::Error, fmt};

/// The final error of a call: every attempt, why no further one was made, and the last error as `source()`.
///
/// It prints the story of the call, for example
/// `3 attempts in 12.4 s, stopped: deadline; 1: connection refused; 2: 503, waited 1.2 s; 3: body cut at 4096 of 7012 bytes`.
///
/// Behind a `BoxError` it is found by [`RetryError::find`].
#[derive(Debug)]
pub struct RetryError {
    history: History,
    response: Option<Box<(StatusCode, HeaderMap)>>,
}

impl RetryError {
    pub(crate) fn new(history: History, response: Option<(StatusCode, HeaderMap)>) -> Self {
        Self { history, response: response.map(Box::new) }
    }

    /// The first `RetryError` in an error's chain of causes, the error itself included.
    pub fn find<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        crate::classify::chain(error).find_map(|cause| cause.downcast_ref())
    }

    /// Every attempt of the call.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Why no further attempt was made.
    pub fn stop_reason(&self) -> Option<StopReason> {
        self.history.stop_reason()
    }

    /// The status of the last response, where the last attempt ended with one and
    /// [`RetryPolicy::last_response_as_error`](crate::RetryPolicy::last_response_as_error) is set.
    pub fn status(&self) -> Option<StatusCode> {
        self.response.as_deref().map(|(status, _)| *status)
    }

    /// The header fields of that response.
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.response.as_deref().map(|(_, headers)| headers)
    }

    /// Whether the attempts were used up, all of them or those of one phase.
    pub fn is_exhausted(&self) -> bool {
        matches!(self.stop_reason(), Some(StopReason::Attempts | StopReason::PhaseAttempts(_)))
    }

    /// Whether the deadline left no time for a further attempt.
    pub fn is_deadline(&self) -> bool {
        matches!(self.stop_reason(), Some(StopReason::Deadline))
    }

    /// Whether the budget refused a further attempt.
    pub fn is_budget(&self) -> bool {
        matches!(self.stop_reason(), Some(StopReason::Budget))
    }
}

impl fmt::Display for RetryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.history.fmt(f)
    }
}

impl Error for RetryError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.history.attempts().last().and_then(crate::AttemptRecord::error)
    }
}
