use super::Allowance;
use std::time::Duration;
use tower::BoxError;

/// What a face calls a limit that passed.
pub trait LimitError: Into<BoxError> {
    #[doc(hidden)]
    fn passed(expired: Expired) -> Self;
}

/// A limit that passed.
#[derive(Clone, Copy, Debug)]
pub struct Expired {
    pub(crate) cause: Cause,
    pub(crate) allowed: Duration,
}

/// Which limit passed, and how far the call had come.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cause {
    DeadlineBeforeCall,
    Head,
    TotalBeforeHead,
    DeadlineBeforeHead,
    Idle,
    TotalInBody,
    DeadlineInBody,
}

impl Expired {
    pub(super) fn new(cause: Cause, allowance: Allowance) -> Self {
        Self { cause, allowed: allowance.limit().unwrap_or(Duration::MAX) }
    }

    pub(crate) fn in_body(&self) -> bool {
        matches!(self.cause, Cause::Idle | Cause::TotalInBody | Cause::DeadlineInBody)
    }
}
