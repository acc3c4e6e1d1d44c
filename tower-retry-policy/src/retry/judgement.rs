//! From an outcome to what follows: what went wrong, and whether the budget lets it be tried again.

use super::{
    call::Call,
    kept::Shown,
    progress::{Begun, HEDGED},
    start::later,
};
use crate::{
    Attempt, History, Phase, RequestEnd, RetryWait, StopReason,
    budget::{Grant, RequestHead},
    classify::{self, Failure},
    policy::{Decision, Facts, HedgeDecision, HedgeFacts, Hold, decide, decide_hedge, hold},
    replay_body,
};
use http::{Response, StatusCode};
use std::{error::Error, time::Duration};
use tokio::time::Instant;
use tower::BoxError;

/// What follows the end of an attempt.
pub(super) enum Verdict {
    /// The call is over with this outcome.
    Over,
    /// Another attempt after this wait.
    Again { wait: Duration, grant: Option<Grant> },
    /// Nothing because of this one: others run, or are waited for.
    Await,
}

/// What the decision and the budget make of a failure.
pub(crate) enum Course {
    Again(RetryWait, Option<Grant>),
    /// Another attempt is awaited already.
    Await,
    /// No further attempt because of it, and what the budget hears if the call is over.
    Stop(StopReason, RequestEnd),
}

/// What else there is when an attempt ends.
#[derive(Clone, Copy)]
pub(crate) struct Others<'a> {
    /// Attempts that run: their numbers, and when they began.
    pub(crate) running: &'a [(u32, Instant)],
    /// Whether one is to start after its wait.
    pub(crate) awaited: bool,
}

impl Others<'_> {
    fn none(self) -> bool {
        self.running.is_empty() && !self.awaited
    }
}

impl Call {
    /// Judges how an attempt ended; an outcome that ends the call is made to explain itself.
    #[inline(never)]
    pub(super) fn judge<B: 'static, R>(
        &mut self,
        shown: Shown<'_, B>,
        mut begun: Begun,
        result: &mut Result<Response<R>, BoxError>,
        failure: Option<Failure>,
        now: Instant,
        others: Others<'_>,
    ) -> Verdict {
        // the attempt is over, and with it what the budget granted for it
        drop(begun.grant.take());
        let failure = match failure {
            Some(first) if first.unauthorized && self.has_retried_unauthorized() && others.none() => {
                self.second_unauthorized(result)
            }
            failure => failure,
        };
        let Some(failure) = failure else {
            self.accepted(shown.head, &begun, result, now, others);
            return Verdict::Over;
        };
        let Begun { number, at, .. } = begun;
        let numbered = (number, at);
        let body_replayable = shown.body.is_none_or(replay_body::is_replayable);
        let endpoint = self.endpoint(number);
        let told = attempt(shown.head, number, result, failure.phase);
        let told = Attempt { endpoint: endpoint.as_deref(), ..told };
        match self.decide(&told, body_replayable, &failure, now, others) {
            Course::Again(wait, grant) => {
                self.tell_of_retry(shown.head, number, result, &failure, wait);
                self.record(numbered, Some(&failure), result, now, Some(wait));
                let progress = self.progress_mut();
                progress.retrying(&failure, wait.duration);
                progress.last_charged = grant.as_ref().map(Grant::kind).or(progress.last_charged);
                Verdict::Again { wait: wait.duration, grant }
            }
            Course::Await => {
                self.record(numbered, Some(&failure), result, now, None);
                self.progress_mut().failed(&failure);
                Verdict::Await
            }
            Course::Stop(reason, end) if others.none() || reason.ends_the_call() => {
                self.settle(end, now);
                self.give_up(shown.head, numbered, result, &failure, now, others, reason);
                Verdict::Over
            }
            Course::Stop(reason, _) => {
                self.record(numbered, Some(&failure), result, now, None);
                let progress = self.progress_mut();
                progress.failed(&failure);
                progress.closed |= reason != StopReason::Budget;
                Verdict::Await
            }
        }
    }

    /// What went wrong, if anything did that the policy has to judge.
    #[inline]
    pub(super) fn failure<R>(
        &self,
        head: RequestHead<'_>,
        number: u32,
        result: &Result<Response<R>, BoxError>,
    ) -> Option<Failure> {
        let responses = &self.config().responses;
        match result {
            Ok(response) if responses.accept(response.status()) => None,
            Ok(response) if is_too_early_for_another(head, response.status()) => None,
            Ok(response) => {
                let (status, headers, inner) = (response.status(), response.headers(), History::of(response));
                let unauthorized = responses.first_unauthorized(status, headers);
                let unauthorized = unauthorized.filter(|_| !self.had_other_credentials(number, inner));
                let failure = unauthorized.or_else(|| responses.failure(status, headers))?;
                Some(as_inner_saw(failure, inner))
            }
            Err(error) => Some(classify::failure(&**error)),
        }
    }

    /// Whether this attempt, or the inner retry that made it, followed a 401.
    fn had_other_credentials(&self, number: u32, inner: Option<&History>) -> bool {
        let followed = |retried: u32| number > retried;
        self.progress.as_deref().and_then(|progress| progress.unauthorized).is_some_and(followed)
            || inner.is_some_and(History::retried_unauthorized)
    }

    fn has_retried_unauthorized(&self) -> bool {
        self.progress.as_deref().is_some_and(|progress| progress.unauthorized.is_some())
    }

    /// What the call's second 401 is, where the attempt after the first one came to nothing, as by an error of the hook: it is
    /// retried if it is among the statuses.
    fn second_unauthorized<R>(&self, result: &Result<Response<R>, BoxError>) -> Option<Failure> {
        let response = result.as_ref().ok()?;
        let failure = self.config().responses.failure(response.status(), response.headers())?;
        Some(as_inner_saw(failure, History::of(response)))
    }

    /// What the server asked for binds every further attempt, whatever the policy makes of this failure. Whether none may
    /// follow.
    pub(super) fn hold(&mut self, failure: &Failure, now: Instant) -> bool {
        let left = self.deadline.map(|deadline| deadline.left_at(now));
        match hold(self.config(), failure.hint, left) {
            Hold::Nothing => {}
            Hold::For(wait) => {
                let progress = self.progress_mut();
                progress.hold_until = progress.hold_until.max(Some(later(now, wait)));
            }
            Hold::ForGood(reason) => {
                self.progress_mut().held.get_or_insert(reason);
            }
        }
        self.progress.as_deref().is_some_and(|progress| progress.held.is_some())
    }

    /// Decides, and asks the budget last: not for a failure that says nothing of the server's load, nor for one beside
    /// which another attempt is awaited anyway.
    pub(crate) fn decide(
        &mut self,
        attempt: &Attempt<'_>,
        body_replayable: bool,
        failure: &Failure,
        now: Instant,
        others: Others<'_>,
    ) -> Course {
        let config = self.config();
        let progress = self.progress.as_deref();
        if failure.unauthorized && self.has_retried_unauthorized() && !others.none() {
            // sent with the old credentials beside one that was refused before; the attempt with others is on its way
            return Course::Await;
        }
        let backoff = || {
            config.backoff.delay_after(
                progress.map_or(Duration::ZERO, |progress| progress.previous_wait),
                progress.map_or(0, |progress| progress.failures_in_a_row).saturating_add(1),
                config.random.draw(),
            )
        };
        let facts = Facts {
            phase: failure.phase,
            permanent: failure.permanent,
            same_content: progress.is_some_and(|progress| progress.has_seen(failure)),
            exhausted_inner: failure.exhausted_inner,
            turned_down: config.condition.as_ref().is_some_and(|condition| !condition(attempt)),
            repeatable: self.repeatable,
            body_replayable,
            // the attempt that is awaited is counted already
            retries: progress.map_or(0, |progress| progress.retries) - u32::from(others.awaited),
            retries_after_phase: progress
                .map_or(0, |progress| progress.retries_by_phase[failure.phase.index()]),
            hint: failure.hint,
            // nothing is overloaded or broken
            backoff: if failure.unauthorized { Duration::ZERO } else { backoff() },
            random: config.random.draw(),
            left: self.deadline.map(|deadline| deadline.left_at(now)),
            held: progress.and_then(|progress| progress.held),
        };
        let decision = decide(config, &facts);
        let retried = decision.counts_as_failure(&facts);
        if let Some(budget) = self.budget()
            && retried
            && !failure.costs_nothing()
        {
            budget.failed(failure.kind, now.into_std());
        }
        let wait = match decision {
            Decision::Stop(reason) if retried => return Course::Stop(reason, RequestEnd::Failed),
            Decision::Stop(reason) => return Course::Stop(reason, RequestEnd::NotRetried),
            Decision::Retry(wait) => wait,
        };
        if wait.asked_by_server {
            let progress = self.progress_mut();
            progress.hold_until = progress.hold_until.max(Some(later(now, wait.duration)));
        }
        if others.awaited {
            return Course::Await;
        }
        let Some(budget) = self.budget().filter(|_| !failure.costs_nothing()) else {
            return Course::Again(wait, None);
        };
        match Grant::ask(budget, failure.kind, now) {
            Some(grant) => Course::Again(wait, Some(grant)),
            None => Course::Stop(StopReason::Budget, RequestEnd::Failed),
        }
    }

    /// Whether an attempt may start beside those that run, now that its time has come.
    pub(super) fn may_hedge<B: 'static>(
        &self,
        shown: Shown<'_, B>,
        limit: u32,
        now: Instant,
    ) -> HedgeDecision {
        let progress = self.progress.as_deref();
        let facts = HedgeFacts {
            repeatable: self.repeatable,
            body_complete: shown.body.is_some_and(replay_body::is_complete),
            retries: progress.map_or(0, |progress| progress.retries),
            hedges: progress.map_or(0, |progress| progress.hedges),
            limit,
            closed: progress.is_some_and(|progress| progress.closed),
            left: self.deadline.map(|deadline| deadline.left_at(now)),
        };
        decide_hedge(self.config(), &facts)
    }

    /// Asks the budget for an attempt beside those that run; nothing if it refuses.
    pub(super) fn grant_hedge(&mut self, now: Instant) -> Option<Option<Grant>> {
        let grant = match self.budget() {
            None => None,
            Some(budget) => Some(Grant::ask(budget, HEDGED, now)?),
        };
        let progress = self.progress_mut();
        progress.last_charged = grant.as_ref().map(Grant::kind).or(progress.last_charged);
        progress.retries = progress.retries.saturating_add(1);
        progress.hedges = progress.hedges.saturating_add(1);
        Some(grant)
    }
}

/// An inner retry that has given up knows more of the call than its last response.
fn as_inner_saw(failure: Failure, inner: Option<&History>) -> Failure {
    match inner {
        Some(inner) => failure.after(inner),
        None => failure,
    }
}

/// RFC 8470 section 5.2: what came with `Early-Data` is still early data for whoever sent it, however often it is
/// repeated from here, so the 425 goes back to them. Any value of the field means "1" (section 5.1).
fn is_too_early_for_another(head: RequestHead<'_>, status: StatusCode) -> bool {
    status == StatusCode::TOO_EARLY && head.headers().contains_key("early-data")
}

/// The view of an attempt that has ended.
pub(super) fn attempt<'a, R>(
    head: RequestHead<'a>,
    number: u32,
    result: &'a Result<Response<R>, BoxError>,
    phase: Phase,
) -> Attempt<'a> {
    Attempt {
        number,
        phase,
        method: head.method(),
        uri: head.uri(),
        headers: head.headers(),
        response: result.as_ref().ok().map(|response| (response.status(), response.headers())),
        error: result.as_ref().err().map(|error| &**error as &(dyn Error + 'static)),
        endpoint: None,
    }
}
