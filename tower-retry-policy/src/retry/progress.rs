use crate::{
    FailureKind, Phase, RequestEnd, StopReason, budget::Grant, classify::Failure, hint::Hint,
    history::Records, replay_body::Ticket,
};
use std::{collections::VecDeque, time::Duration};
use tokio::time::Instant;

/// Different contents that one call remembers.
const FINGERPRINTS: usize = 32;

/// What a call keeps once an attempt has failed, or a second one has begun.
pub(super) struct Progress {
    /// Attempts that have begun.
    pub(super) begun: u32,
    /// In the order in which they began; those that run have no end yet.
    pub(super) attempts: Records,
    /// Further attempts of whatever kind, the one that is being waited for included.
    pub(super) retries: u32,
    pub(super) retries_by_phase: [u32; Phase::ALL.len()],
    pub(super) hedges: u32,
    /// Failures since the backoff began: a pushback begins it anew (gRPC A6).
    pub(super) failures_in_a_row: u32,
    pub(super) previous_wait: Duration,
    /// The kind of failure that the budget was last charged for.
    pub(super) last_charged: Option<FailureKind>,
    /// Of content that was rejected: the latest, as many as a call has that is not retried for ever.
    pub(super) fingerprints: VecDeque<u64>,
    /// A connection broke or fell silent under an attempt, or was the wrong one.
    pub(super) connection_broke: bool,
    /// How many attempts had begun when one was retried for other credentials. What they bring later says nothing of those.
    pub(super) unauthorized: Option<u32>,
    /// The server wants no further attempt before this.
    pub(super) hold_until: Option<Instant>,
    /// Why the server wants none at all.
    pub(super) held: Option<StopReason>,
    /// No attempt starts beside those that run any more. One that failed may still be replaced.
    pub(super) closed: bool,
    /// The call asks for the rest of a body: what came before it is counted here, and the request was settled.
    pub(super) of_stream: bool,
}

/// An attempt that has begun.
pub(super) struct Begun {
    /// 1 for the first send.
    pub(super) number: u32,
    /// When it was sent; before that, when it began to wait for readiness.
    pub(super) at: Instant,
    pub(super) grant: Option<Grant>,
    /// What the budget was last charged for on the way to this attempt.
    pub(super) paid: Option<FailureKind>,
    /// The number of its body, if that is recorded and the attempt is not the first.
    pub(super) reader: Option<Ticket>,
}

// ===== impl Progress =====

impl Default for Progress {
    /// The first attempt has begun.
    fn default() -> Self {
        Self {
            begun: 1,
            attempts: Records::default(),
            retries: 0,
            retries_by_phase: [0; Phase::ALL.len()],
            hedges: 0,
            failures_in_a_row: 0,
            previous_wait: Duration::ZERO,
            last_charged: None,
            fingerprints: VecDeque::new(),
            connection_broke: false,
            unauthorized: None,
            hold_until: None,
            held: None,
            closed: false,
            of_stream: false,
        }
    }
}

impl Progress {
    /// Whether this very content has been rejected in this call before.
    pub(super) fn has_seen(&self, failure: &Failure) -> bool {
        failure.fingerprint.is_some_and(|fingerprint| self.fingerprints.contains(&fingerprint))
    }

    /// Another attempt is to come after this failure.
    pub(super) fn retrying(&mut self, failure: &Failure, wait: Duration) {
        self.retries = self.retries.saturating_add(1);
        let of_phase = &mut self.retries_by_phase[failure.phase.index()];
        *of_phase = of_phase.saturating_add(1);
        self.failed(failure);
        self.previous_wait = wait;
        if failure.unauthorized {
            self.unauthorized = Some(self.begun);
        }
    }

    /// An attempt has failed, and none is to come because of it.
    pub(super) fn failed(&mut self, failure: &Failure) {
        let restarts = matches!(failure.hint, Hint::Exactly(_));
        self.failures_in_a_row = if restarts { 0 } else { self.failures_in_a_row.saturating_add(1) };
        self.connection_broke |= failure.misdirected || matches!(failure.phase, Phase::Read | Phase::Body);
        if self.fingerprints.len() == FINGERPRINTS {
            self.fingerprints.pop_front();
        }
        self.fingerprints.extend(failure.fingerprint);
    }
}

// ===== impl Begun =====

impl Begun {
    pub(super) const fn first(at: Instant) -> Self {
        Self { number: 1, at, grant: None, paid: None, reader: None }
    }

    pub(super) fn sent_at(&mut self, now: Instant) {
        self.at = now;
        if let Some(grant) = &mut self.grant {
            grant.mark_sent();
        }
    }

    /// How the budget is told of its success.
    pub(super) fn success(&self) -> RequestEnd {
        self.paid.map_or(RequestEnd::FirstTry, RequestEnd::AfterRetry)
    }
}

/// What a hedge is charged as: nothing has failed, and nothing has come.
pub(super) const HEDGED: FailureKind = FailureKind::Timeout;
