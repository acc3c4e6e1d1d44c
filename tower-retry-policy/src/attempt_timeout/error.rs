use crate::limits::{Cause, Expired, LimitError, Span};
use std::{error::Error, fmt, time::Duration};

/// A limit of the attempt passed.
///
/// It is the error of [`AttemptTimeout`](super::AttemptTimeout) before the head, and of
/// its [`LimitedBody`](super::LimitedBody) after it.
#[derive(Clone, Debug)]
pub struct AttemptTimeoutError {
    expired: Expired,
}

impl AttemptTimeoutError {
    /// Whether the limit on the response's head passed.
    pub fn is_head(&self) -> bool {
        matches!(self.expired.cause, Cause::Head)
    }

    /// Whether the body was silent for too long.
    pub fn is_idle(&self) -> bool {
        matches!(self.expired.cause, Cause::Idle)
    }

    /// Whether the limit on the whole attempt passed, before the head or in the body.
    pub fn is_total(&self) -> bool {
        matches!(self.expired.cause, Cause::TotalBeforeHead | Cause::TotalInBody)
    }

    /// Whether the request's [`Deadline`](crate::deadline::Deadline) passed, at whatever point.
    pub fn is_deadline(&self) -> bool {
        matches!(
            self.expired.cause,
            Cause::DeadlineBeforeCall | Cause::DeadlineBeforeHead | Cause::DeadlineInBody
        )
    }

    /// Whether the attempt ended before the inner service was called, because the deadline had passed already.
    pub fn is_unsent(&self) -> bool {
        matches!(self.expired.cause, Cause::DeadlineBeforeCall)
    }

    /// Whether the head had arrived.
    pub fn in_body(&self) -> bool {
        self.expired.in_body()
    }

    /// The limit that passed; for a deadline, what was left of it when the attempt began.
    pub fn limit(&self) -> Duration {
        self.expired.allowed
    }
}

impl fmt::Display for AttemptTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let allowed = Span(self.expired.allowed);
        match self.expired.cause {
            Cause::Head => write!(f, "no response head within {allowed}"),
            Cause::TotalBeforeHead => {
                write!(f, "no response head within the {allowed} allowed for the whole attempt")
            }
            Cause::DeadlineBeforeHead => {
                write!(f, "no response head within the {allowed} left until the deadline")
            }
            Cause::Idle => write!(f, "no frame of the response body for {allowed}"),
            Cause::TotalInBody => {
                write!(f, "response body unfinished after the {allowed} allowed for the whole attempt")
            }
            Cause::DeadlineInBody => {
                write!(f, "response body unfinished after the {allowed} left until the deadline")
            }
            Cause::DeadlineBeforeCall => f.write_str("attempt not begun, the deadline had passed"),
        }
    }
}

impl Error for AttemptTimeoutError {}

impl LimitError for AttemptTimeoutError {
    fn passed(expired: Expired) -> Self {
        Self { expired }
    }
}
