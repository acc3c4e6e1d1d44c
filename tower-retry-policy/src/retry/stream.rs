//! The body of a response, read on over several calls: the decisions of one call hold for all of them.

use super::{
    call::Call,
    judgement::{Course, Others},
    of_stream::OfStream,
    progress::Progress,
};
use crate::{
    Attempt, AttemptRecord, FailureKind, History, Observer, RetryPolicy, RetryWait, StopReason,
    budget::{Grant, RequestHead},
    classify::Failure,
    policy::Config,
};
use std::sync::Arc;
use tokio::time::Instant;

/// A stream that has broken off at least once.
pub(crate) struct Stream {
    /// For the request for the rest; kept until what it brought has ended. It goes back before the place in flight of `call`.
    grant: Option<Grant>,
    call: Call,
    /// What was paid for the rest that is on its way, as long as it has not come on.
    paid: Option<FailureKind>,
}

// ===== impl Stream =====

impl Stream {
    pub(crate) fn open(policy: &RetryPolicy, head: RequestHead<'_>, now: Instant) -> Self {
        Self { grant: None, call: Call::open_place(policy, head, now), paid: None }
    }

    /// Whether and when the rest is asked for, and the budget's word on it.
    pub(crate) fn judge(
        &mut self,
        attempt: &Attempt<'_>,
        failure: &Failure,
        now: Instant,
    ) -> Result<RetryWait, StopReason> {
        self.grant = None;
        self.paid = None;
        let others = Others { running: &[], awaited: false };
        match self.call.decide(attempt, true, failure, now, others) {
            Course::Again(wait, grant) => {
                self.call.progress_mut().retrying(failure, wait.duration);
                self.paid = grant.as_ref().map(Grant::kind);
                self.grant = grant;
                Ok(wait)
            }
            Course::Stop(reason, _) => Err(reason),
            Course::Await => unreachable!("nothing is awaited beside a stream"),
        }
    }

    /// The request for the rest is on its way.
    pub(crate) fn sent(&mut self) -> OfStream {
        if let Some(grant) = &mut self.grant {
            grant.mark_sent();
        }
        OfStream::from(&*self.call.progress_mut())
    }

    /// What a call below has used up of the count.
    pub(crate) fn used_up(&mut self, history: &History) {
        let progress = self.call.progress_mut();
        progress.retries = progress.retries.saturating_add(history.attempts_made().saturating_sub(1));
        let retried = |record: &AttemptRecord| Some((record.phase()?, record.wait()?.duration));
        for (phase, wait) in history.attempts().iter().filter_map(retried) {
            progress.failed(&Failure::new(phase));
            let of_phase = &mut progress.retries_by_phase[phase.index()];
            *of_phase = of_phase.saturating_add(1);
            progress.previous_wait = wait;
        }
    }

    /// Enough has come: count and backoff begin anew.
    pub(crate) fn progressed(&mut self, now: Instant) {
        self.recovered(now);
        *self.call.progress_mut() = Progress::default();
    }

    /// What was paid for has come.
    pub(crate) fn recovered(&mut self, now: Instant) {
        if let (Some(budget), Some(kind)) = (self.call.budget(), self.paid.take()) {
            budget.recovered(kind, now.into_std());
        }
    }

    /// Whether a connection broke or fell silent since something came.
    pub(crate) fn connection_broke(&self) -> bool {
        self.call.connection_broke()
    }

    pub(crate) fn config(&self) -> &Config {
        self.call.config()
    }

    pub(crate) fn observers(&self) -> &[Arc<dyn Observer>] {
        &self.call.layer.observers
    }

    pub(crate) fn budget_balance(&self) -> Option<u64> {
        self.call.budget().map(|budget| budget.balance())
    }
}
