//! The state of one call. It lives in the policy because tower clones the policy for each call.

use super::config::Config;
use crate::{
    AttemptRecord, FailureKind, Phase, RequestEnd, RetryBudget, classify::Failure, history::Records,
    wish::Wish,
};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::time::Instant;

/// Different contents that one call remembers.
const FINGERPRINTS: usize = 32;

/// Opened by the first `clone_request` of a call.
///
/// That first `clone_request` is asked of the policy that all calls share, before tower clones it: the
/// state is therefore opened afresh as long as no attempt has failed, and whatever an earlier call left
/// behind is overwritten.
#[derive(Clone, Default)]
pub(super) struct Call {
    /// The configuration that this request brought with it.
    pub(super) override_config: Option<Arc<Config>>,
    /// The budget that this request was given, where each may have another.
    pub(super) budget: Option<Arc<dyn RetryBudget>>,
    pub(super) started: Option<Instant>,
    /// The head of the attempt under way was not copied, since none can follow: whether it allowed a repeat.
    pub(super) sent_once: Option<bool>,
    /// Made when the first attempt has failed: a call that is not retried allocates nothing.
    pub(super) failed: Option<Box<Failed>>,
}

/// What a call keeps once an attempt has failed.
pub(super) struct Failed {
    pub(super) attempts: Records,
    pub(super) retries: u32,
    pub(super) retries_by_phase: [u32; Phase::ALL.len()],
    /// When the attempt that is under way began.
    pub(super) attempt_began: Instant,
    /// Failures since the backoff began: a pushback begins it anew (gRPC A6).
    pub(super) failures_in_a_row: u32,
    /// An attempt was sent to another connection by the server.
    misdirected: bool,
    /// Of content that was rejected: the latest, as many as a call has that is not retried for ever.
    pub(super) fingerprints: VecDeque<u64>,
    pub(super) grant: Option<Grant>,
    /// Holds the call's place among the requests in flight, for budgets that count those.
    pub(super) in_flight: Option<InFlight>,
    /// The kind of failure that the budget was last charged for.
    pub(super) last_charged: Option<FailureKind>,
}

/// A retry that the budget has granted: given back unless it is sent, ended when it is over.
pub(super) struct Grant {
    budget: Arc<dyn RetryBudget>,
    kind: FailureKind,
    sent: bool,
}

/// A place among the requests in flight, given up on drop. It travels in the extensions of the request that
/// tower keeps for the retry, because that lives exactly as long as the call.
#[derive(Clone)]
pub(super) struct InFlight {
    _place: Arc<Place>,
}

struct Place {
    budget: Arc<dyn RetryBudget>,
}

impl Call {
    /// Begins a call in place of the one before.
    #[inline]
    pub(super) fn open(
        &mut self,
        override_config: Option<Arc<Config>>,
        budget: Option<Arc<dyn RetryBudget>>,
    ) {
        self.override_config = override_config;
        self.budget = budget;
        self.started = Some(Instant::now());
    }

    pub(super) fn retries(&self) -> u32 {
        self.failed.as_deref().map_or(0, |failed| failed.retries)
    }

    /// No attempt of this call has failed yet, so the next `clone_request` opens a new call.
    #[inline]
    pub(super) fn is_fresh(&self) -> bool {
        self.failed.is_none()
    }

    pub(super) fn failed_mut(&mut self) -> &mut Failed {
        let began = self.started.unwrap_or_else(Instant::now);
        self.failed.get_or_insert_with(|| Box::new(Failed::new(began)))
    }

    pub(super) fn elapsed(&self, now: Instant) -> Duration {
        self.started.map_or(Duration::ZERO, |started| now.duration_since(started))
    }
}

impl Failed {
    fn new(attempt_began: Instant) -> Self {
        Self {
            attempts: Records::default(),
            retries: 0,
            retries_by_phase: [0; Phase::ALL.len()],
            attempt_began,
            failures_in_a_row: 0,
            misdirected: false,
            fingerprints: VecDeque::new(),
            grant: None,
            in_flight: None,
            last_charged: None,
        }
    }

    /// The first send and every retry that was made.
    pub(super) fn attempt_number(&self) -> u32 {
        self.retries.saturating_add(1)
    }

    /// Whether an attempt of this call ended because its connection broke, fell silent, or was the wrong one.
    pub(super) fn connection_broke(&self) -> bool {
        self.misdirected
            || [Phase::Read, Phase::Body].into_iter().any(|phase| self.retries_by_phase[phase.index()] > 0)
    }

    /// Whether this very content has been rejected in this call before.
    pub(super) fn has_seen(&self, failure: &Failure) -> bool {
        failure.fingerprint.is_some_and(|fingerprint| self.fingerprints.contains(&fingerprint))
    }

    /// A retry is to come after this failure.
    pub(super) fn retrying(&mut self, failure: &Failure, grant: Option<Grant>) {
        self.retries = self.retries.saturating_add(1);
        let of_phase = &mut self.retries_by_phase[failure.phase.index()];
        *of_phase = of_phase.saturating_add(1);
        self.misdirected |= failure.misdirected;
        let restarts = matches!(failure.wish, Wish::Exactly(_));
        self.failures_in_a_row = if restarts { 0 } else { self.failures_in_a_row.saturating_add(1) };
        if self.fingerprints.len() == FINGERPRINTS {
            self.fingerprints.pop_front();
        }
        self.fingerprints.extend(failure.fingerprint);
        if grant.is_some() {
            self.last_charged = Some(failure.kind);
        }
        self.grant = grant;
    }

    pub(super) fn previous_wait(&self) -> Duration {
        self.attempts.last().and_then(AttemptRecord::wait).map_or(Duration::ZERO, |wait| wait.duration)
    }

    /// How the budget is told of a success.
    pub(super) fn success(&self) -> RequestEnd {
        self.last_charged.map_or(RequestEnd::FirstTry, RequestEnd::AfterRetry)
    }
}

impl Clone for Failed {
    /// Nothing clones a call that is under way; whoever did would get the facts and no claim on the budget.
    fn clone(&self) -> Self {
        Self {
            attempts: self.attempts.clone(),
            retries: self.retries,
            retries_by_phase: self.retries_by_phase,
            attempt_began: self.attempt_began,
            failures_in_a_row: self.failures_in_a_row,
            misdirected: self.misdirected,
            fingerprints: self.fingerprints.clone(),
            grant: None,
            in_flight: self.in_flight.clone(),
            last_charged: self.last_charged,
        }
    }
}

impl Grant {
    /// Asks the budget for a retry.
    pub(super) fn ask(budget: &Arc<dyn RetryBudget>, kind: FailureKind) -> Option<Self> {
        budget.withdraw(kind).then(|| Self { budget: Arc::clone(budget), kind, sent: false })
    }

    pub(super) fn mark_sent(&mut self) {
        self.sent = true;
    }
}

impl Drop for Grant {
    fn drop(&mut self) {
        if self.sent {
            self.budget.retry_ended();
        } else {
            self.budget.give_back(self.kind);
        }
    }
}

impl InFlight {
    pub(super) fn enter(budget: &Arc<dyn RetryBudget>) -> Self {
        budget.begin();
        Self { _place: Arc::new(Place { budget: Arc::clone(budget) }) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.budget.end();
    }
}
