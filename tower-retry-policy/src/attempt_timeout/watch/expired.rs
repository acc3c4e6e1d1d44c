use std::time::Duration;

/// A limit that passed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expired {
    pub(crate) limit: Limit,
    pub(crate) allowed: Duration,
}

/// Which limit passed, and how far the call had come.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limit {
    DeadlineBeforeCall,
    Head,
    TotalBeforeHead,
    DeadlineBeforeHead,
    Idle,
    TotalInBody,
    DeadlineInBody,
}

impl Expired {
    pub(crate) fn in_body(&self) -> bool {
        matches!(self.limit, Limit::Idle | Limit::TotalInBody | Limit::DeadlineInBody)
    }
}
