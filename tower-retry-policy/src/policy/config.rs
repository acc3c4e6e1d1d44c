use super::repeatable::Repeatable;
use crate::{
    Attempt, Observer, Phase, RetryBudget,
    budget::{BudgetSource, RequestHead},
    classify::Responses,
};
use http::header::HeaderName;
use std::{fmt, sync::Arc, time::Instant};
use tower_backoff::{Backoff, Draws};

/// Everything that a user sets; shared by all requests of a layer and never changed while shared.
#[derive(Clone)]
pub(crate) struct Config {
    /// Retries in all; `None` leaves the limit to the phases.
    pub(crate) total: Option<u32>,
    /// Retries by phase; `None` leaves the limit to the total.
    pub(crate) by_phase: [Option<u32>; Phase::ALL.len()],
    pub(crate) repeatable: Repeatable,
    pub(crate) responses: Responses,
    pub(crate) backoff: Backoff,
    pub(crate) budget: Budgeting,
    pub(crate) observers: Vec<Arc<dyn Observer>>,
    pub(crate) attempt_header: Option<HeaderName>,
    pub(crate) condition: Option<Condition>,
    pub(crate) response_as_error: bool,
    pub(crate) retries_exhausted_inner: bool,
    pub(crate) retries_same_content: bool,
    pub(crate) random: Draws,
}

/// What pays for the retries.
#[derive(Clone, Debug)]
pub(crate) enum Budgeting {
    Nothing,
    OneForAll(Arc<dyn RetryBudget>),
    /// Chosen when a call is opened, and kept in its state.
    PerRequest(Arc<dyn BudgetSource>),
}

pub(crate) type Condition = Arc<dyn Fn(&Attempt<'_>) -> bool + Send + Sync>;

impl Budgeting {
    /// The budget that is chosen for this request, where each may have another.
    pub(crate) fn of(&self, head: RequestHead<'_>, now: Instant) -> Option<Arc<dyn RetryBudget>> {
        match self {
            Self::PerRequest(source) => Some(source.budget(&head, now)),
            Self::OneForAll(_) | Self::Nothing => None,
        }
    }
}

impl Config {
    /// No retry at all, for whatever reason.
    pub(crate) fn never_retries(&self) -> bool {
        self.total == Some(0)
    }

    /// Whether what was certainly not processed is tried again, whatever the method.
    pub(crate) fn retries_unprocessed(&self) -> bool {
        let retries = |phase: Phase| self.by_phase[phase.index()] != Some(0);
        retries(Phase::Connect) || retries(Phase::Unprocessed)
    }

    /// Whether nobody wants to hear how a call ended.
    pub(crate) fn listens_to_nobody(&self) -> bool {
        matches!(self.budget, Budgeting::Nothing) && self.observers.is_empty()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("Config");
        fields.field("retries", &self.total);
        for (phase, limit) in Phase::ALL.iter().zip(self.by_phase) {
            if let Some(limit) = limit {
                fields.field(phase.name(), &limit);
            }
        }
        fields
            .field("methods", &self.repeatable.methods)
            .field("honour_idempotency_key", &self.repeatable.by_key)
            .field("responses", &self.responses)
            .field("backoff", &self.backoff)
            .field("budget", &self.budget)
            .field("observers", &self.observers)
            .field("attempt_header", &self.attempt_header)
            .field("condition", &self.condition.is_some())
            .field("last_response_as_error", &self.response_as_error)
            .field("retry_exhausted_inner", &self.retries_exhausted_inner)
            .field("retry_same_content", &self.retries_same_content)
            .finish_non_exhaustive()
    }
}
