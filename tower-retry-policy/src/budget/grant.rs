//! What a call has of a budget, given back on drop.

use super::{FailureKind, RetryBudget};
use std::sync::Arc;
use tokio::time::Instant;

/// A further attempt that the budget has granted: given back unless it is sent, ended when it is over.
pub(crate) struct Grant {
    budget: Arc<dyn RetryBudget>,
    kind: FailureKind,
    sent: bool,
}

/// A place among the requests in flight, given up when the last clone is dropped.
#[derive(Clone)]
pub(crate) struct SharedPlace(#[expect(dead_code, reason = "held for its drop")] Arc<Place>);

struct Place {
    budget: Arc<dyn RetryBudget>,
}

// ===== impl Grant =====

impl Grant {
    /// Asks the budget.
    pub(crate) fn ask(budget: &Arc<dyn RetryBudget>, kind: FailureKind, now: Instant) -> Option<Self> {
        budget.withdraw(kind, now.into_std()).then(|| Self { budget: Arc::clone(budget), kind, sent: false })
    }

    pub(crate) fn mark_sent(&mut self) {
        self.sent = true;
    }

    /// The kind of failure that was paid for.
    pub(crate) fn kind(&self) -> FailureKind {
        self.kind
    }
}

impl Drop for Grant {
    fn drop(&mut self) {
        if self.sent {
            self.budget.retry_ended();
        } else {
            self.budget.give_back(self.kind, Instant::now().into_std());
        }
    }
}

// ===== impl SharedPlace =====

impl SharedPlace {
    pub(crate) fn enter(budget: &Arc<dyn RetryBudget>) -> Self {
        budget.begin();
        Self(Arc::new(Place { budget: Arc::clone(budget) }))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.budget.end();
    }
}
