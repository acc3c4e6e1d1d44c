//! From an outcome to a decision: what went wrong, and whether the budget lets it be tried again.

use super::{
    RetryPolicy,
    call::{Failed, Grant},
    decision::{Decision, Facts, decide},
};
use crate::{
    Attempt, Deadline, FailureKind, History, Phase, RequestEnd, RetryWait, StopReason,
    budget::RequestHead,
    classify::{self, Failure},
    replay_body,
    wish::{self, Wish},
};
use http::{HeaderMap, Request, Response, StatusCode};
use std::{error::Error, time::Duration};
use tower::BoxError;

/// RFC 8470 section 5.2: what came with `Early-Data` is still early data for whoever sent it, however often it is
/// repeated from here, so the 425 goes back to them. Any value of the field means "1" (section 5.1).
fn is_too_early_for_another<B>(request: &Request<B>, status: StatusCode) -> bool {
    status == StatusCode::TOO_EARLY && request.headers().contains_key("early-data")
}

impl RetryPolicy {
    /// What went wrong, if anything did that the policy has to judge.
    #[inline]
    pub(super) fn failure<B, R>(
        &self,
        request: &Request<B>,
        result: &Result<Response<R>, BoxError>,
    ) -> Option<Failure> {
        match result {
            Ok(response) if self.effective().accepts(response.status()) => None,
            Ok(response) if is_too_early_for_another(request, response.status()) => None,
            Ok(response) => {
                let failure = self.bad_head(response.status(), response.headers())?;
                // an inner policy has already given up on this very response
                let inner = History::of(response).filter(|history| history.stop_reason().is_some());
                Some(match inner {
                    Some(inner) if failure.phase.is_unprocessed() => {
                        let phase = inner.phase().unwrap_or(failure.phase);
                        Failure { exhausted_inner: true, phase, ..failure }
                    }
                    _ => Failure { exhausted_inner: inner.is_some(), ..failure },
                })
            }
            Err(error) => Some(classify::failure(&**error)),
        }
    }

    fn bad_head(&self, status: StatusCode, headers: &HeaderMap) -> Option<Failure> {
        let config = self.effective();
        let refused_unprocessed = matches!(status, StatusCode::MISDIRECTED_REQUEST | StatusCode::TOO_EARLY);
        // RFC 9110 sections 15.5.14 and 15.6.4, RFC 6585 section 4: these may say when to come back
        let may_ask = matches!(
            status,
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
        );
        let listed = config.statuses.contains(status) || config.grpc.contains(headers);
        // gRPC A6: a failure with the pushback not to retry counts for the budget whatever its code
        let may_say_no = config.wishes.grpc_pushback && !self.is_success(status, headers);
        if !refused_unprocessed && !may_ask && !may_say_no && !listed {
            return None;
        }
        let wish = config.wishes.read(headers, &*config.clock).under(config.retry_after);
        let asks = match wish {
            Wish::None => false,
            Wish::Never => true,
            Wish::NotBefore(_) | Wish::Exactly(_) => may_ask,
        };
        if !refused_unprocessed && !listed && !asks {
            return None;
        }
        let phase = if refused_unprocessed { Phase::Unprocessed } else { Phase::Status };
        let throttled = status == StatusCode::TOO_MANY_REQUESTS || (may_ask && wish != Wish::None);
        let kind = if throttled { FailureKind::Throttled } else { FailureKind::Transient };
        let misdirected = status == StatusCode::MISDIRECTED_REQUEST;
        Some(Failure { kind, wish, misdirected, ..Failure::new(phase) })
    }

    /// Whether a response that the policy does not retry is what the caller wanted. Only a policy for gRPC looks
    /// beyond the status.
    #[inline]
    pub(super) fn is_success(&self, status: StatusCode, headers: &HeaderMap) -> bool {
        let grpc = &self.effective().grpc;
        status.as_u16() < 400 && (grpc.is_empty() || wish::grpc_status(headers).is_none_or(|code| code == 0))
    }

    /// Decides, and asks the budget last. A failure that says nothing of the server's load costs nothing.
    pub(super) fn decide<B: 'static, R>(
        &self,
        request: &Request<B>,
        result: &Result<Response<R>, BoxError>,
        failure: &Failure,
    ) -> Result<(RetryWait, Option<Grant>), (StopReason, RequestEnd)> {
        let config = self.effective();
        let attempt = self.attempt(request, result, failure.phase);
        let failed = self.call.failed.as_deref();
        let facts = Facts {
            phase: failure.phase,
            permanent: failure.permanent,
            same_content: failed.is_some_and(|failed| failed.has_seen(failure)),
            exhausted_inner: failure.exhausted_inner,
            turned_down: config.condition.as_ref().is_some_and(|condition| !condition(&attempt)),
            repeatable: self
                .call
                .sent_once
                .unwrap_or_else(|| config.repeatable.allows(RequestHead::new(request))),
            body_replayable: replay_body::is_replayable(request.body()),
            retries: failed.map_or(0, |failed| failed.retries),
            retries_after_phase: failed.map_or(0, |failed| failed.retries_by_phase[failure.phase.index()]),
            wish: failure.wish,
            backoff: config.backoff.delay_after(
                failed.map_or(Duration::ZERO, Failed::previous_wait),
                failed.map_or(0, |failed| failed.failures_in_a_row).saturating_add(1),
                config.random.draw(),
            ),
            random: config.random.draw(),
            left: request.extensions().get().map(Deadline::remaining),
        };
        let decision = decide(config, &facts);
        let retried = decision.counts_as_failure(&facts);
        let budget = self.call_budget().filter(|_| !failure.costs_nothing());
        if let Some(budget) = budget
            && retried
        {
            budget.failed(failure.kind);
        }
        let wait = match decision {
            Decision::Stop(reason) if retried => return Err((reason, RequestEnd::Failed)),
            Decision::Stop(reason) => return Err((reason, RequestEnd::NotRetried)),
            Decision::Retry(wait) => wait,
        };
        let Some(budget) = budget else { return Ok((wait, None)) };
        match Grant::ask(budget, failure.kind) {
            Some(grant) => Ok((wait, Some(grant))),
            None => Err((StopReason::Budget, RequestEnd::Failed)),
        }
    }

    pub(super) fn attempt<'a, B, R>(
        &self,
        request: &'a Request<B>,
        result: &'a Result<Response<R>, BoxError>,
        phase: Phase,
    ) -> Attempt<'a> {
        Attempt {
            number: self.call.failed.as_deref().map_or(1, Failed::attempt_number),
            phase,
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            response: result.as_ref().ok().map(|response| (response.status(), response.headers())),
            error: result.as_ref().err().map(|error| &**error as &(dyn Error + 'static)),
        }
    }
}
