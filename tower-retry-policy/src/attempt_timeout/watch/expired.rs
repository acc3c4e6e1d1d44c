use std::time::Duration;

use crate::attempt_timeout::Allowance;

/// A limit that passed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expired {
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
