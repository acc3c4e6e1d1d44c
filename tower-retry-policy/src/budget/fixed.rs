//! The two budgets that count nothing.

use super::{FailureKind, RequestEnd, RetryBudget};
use std::time::Instant;
use tower::retry::budget::Budget;

/// Grants every retry. Only the limits of each request remain: for tests, and where something else bounds
/// the load.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct UnlimitedBudget;

/// Grants no retry: to switch retries off in one place, whatever the policies say.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct EmptyBudget;

// ===== impl UnlimitedBudget =====

impl UnlimitedBudget {
    /// A budget without a limit.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl RetryBudget for UnlimitedBudget {
    fn withdraw(&self, _: FailureKind, _: Instant) -> bool {
        true
    }

    fn give_back(&self, _: FailureKind, _: Instant) {}

    fn settle(&self, _: RequestEnd, _: Instant) {}

    fn balance(&self) -> u64 {
        u64::MAX
    }
}

impl Budget for UnlimitedBudget {
    fn deposit(&self) {}

    fn withdraw(&self) -> bool {
        true
    }
}

// ===== impl EmptyBudget =====

impl EmptyBudget {
    /// A budget without a retry.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl RetryBudget for EmptyBudget {
    fn withdraw(&self, _: FailureKind, _: Instant) -> bool {
        false
    }

    fn give_back(&self, _: FailureKind, _: Instant) {}

    fn settle(&self, _: RequestEnd, _: Instant) {}

    fn balance(&self) -> u64 {
        0
    }
}

impl Budget for EmptyBudget {
    fn deposit(&self) {}

    fn withdraw(&self) -> bool {
        false
    }
}
