use super::{list::Entry, outcome::Outcome};
use crate::{
    FailureKind, RequestEnd, RetryBudget,
    budget::{Grant, SharedPlace},
};
use std::{fmt, sync::Arc};
use tokio::time::Instant;

/// Makes the budget of an endpoint that is new.
#[derive(Clone)]
pub(super) struct MakeBudget(pub(super) Arc<dyn Fn() -> Arc<dyn RetryBudget> + Send + Sync>);

/// What an attempt has of its endpoint's budget.
pub(super) struct Charge {
    budget: Arc<dyn RetryBudget>,
    paid: Paid,
}

enum Paid {
    /// The first attempt of a call, which brings something in.
    First { _place: Option<SharedPlace> },
    /// A further one, which the budget has granted.
    Further(Grant),
}

// ===== impl Charge =====

impl Charge {
    /// Nothing where the endpoint's budget grants no further attempt. What it is asked for is not known here.
    pub(super) fn open(make: &MakeBudget, entry: &mut Entry, number: u32, now: Instant) -> Option<Self> {
        let budget = Arc::clone(entry.budget.get_or_insert_with(|| (make.0)()));
        let paid = if number > 1 {
            Paid::Further(Grant::ask(&budget, FailureKind::Transient, now)?)
        } else {
            Paid::First { _place: budget.tracks_in_flight().then(|| SharedPlace::enter(&budget)) }
        };
        Some(Self { budget, paid })
    }

    /// The attempt was handed over.
    pub(super) fn sent(&mut self) {
        if let Paid::Further(grant) = &mut self.paid {
            grant.mark_sent();
        }
    }

    pub(super) fn ended(&self, outcome: Outcome, now: Instant) {
        let now = now.into_std();
        if outcome == Outcome::Failure {
            self.budget.failed(FailureKind::Transient, now);
        }
        let end = match (outcome, &self.paid) {
            (Outcome::Success, Paid::First { .. }) => RequestEnd::FirstTry,
            (Outcome::Failure, Paid::First { .. }) => RequestEnd::Failed,
            (Outcome::Nothing, Paid::First { .. }) => RequestEnd::NotRetried,
            // the call was counted where it was sent first
            (_, Paid::Further(_)) => return,
        };
        self.budget.settle(end, now);
    }
}

impl fmt::Debug for MakeBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MakeBudget").finish_non_exhaustive()
    }
}
