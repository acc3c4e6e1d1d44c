use crate::limits::{Cause, Expired, LimitError, Span};
use std::{error::Error, fmt, time::Duration};

/// The call's [`Deadline`](super::Deadline) passed.
///
/// It is the error of [`DeadlineService`](super::DeadlineService) before the head, and of
/// its [`LimitedBody`](super::LimitedBody) after it.
#[derive(Clone, Debug)]
pub struct DeadlineError {
    expired: Expired,
}

impl DeadlineError {
    /// Whether the deadline had passed before the call, so that the inner service was not asked.
    pub fn is_unsent(&self) -> bool {
        matches!(self.expired.cause, Cause::DeadlineBeforeCall)
    }

    /// Whether a response's head had arrived.
    pub fn in_body(&self) -> bool {
        self.expired.in_body()
    }

    /// What was left until the deadline at the call.
    pub fn limit(&self) -> Duration {
        self.expired.allowed
    }
}

impl fmt::Display for DeadlineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let allowed = Span(self.expired.allowed);
        if self.is_unsent() {
            f.write_str("request not sent, its deadline had passed")
        } else if self.in_body() {
            write!(f, "deadline passed in the response body, {allowed} after the call")
        } else {
            write!(f, "deadline passed without a response head, {allowed} after the call")
        }
    }
}

impl Error for DeadlineError {}

impl LimitError for DeadlineError {
    fn passed(expired: Expired) -> Self {
        Self { expired }
    }
}
