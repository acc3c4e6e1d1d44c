//! tower's view of the policy: what it asks, and when.

use super::{
    RetryPolicy,
    bounds::{BoxedError, RepeatableBody},
    call::InFlight,
    config::{Budgeting, Config},
};
use crate::{AttemptNumber, RequestEnd, RetryBudget, Wait, budget::RequestHead, replay_body};
use http::{HeaderValue, Request, Response, StatusCode, header::HOST};
use std::sync::Arc;
use tokio::time::Instant;
use tower::{BoxError, retry::Policy};

impl<B, R, E> Policy<Request<B>, Response<R>, E> for RetryPolicy
where
    B: RepeatableBody,
    E: BoxedError,
{
    type Future = Wait;

    #[inline]
    fn clone_request(&mut self, request: &Request<B>) -> Option<Request<B>> {
        match self.copy_wanted(RequestHead::new(request)) {
            Copy::Whole => Some(request.clone()),
            Copy::Body => Some(sent_last(request)),
            Copy::Nothing => None,
            Copy::WithPlace(place) => {
                let head_kept = self.call.sent_once.is_none();
                let mut kept = if head_kept { request.clone() } else { sent_last(request) };
                kept.extensions_mut().insert(place);
                Some(kept)
            }
        }
    }

    #[inline]
    fn retry(&mut self, request: &mut Request<B>, result: &mut Result<Response<R>, E>) -> Option<Wait> {
        let result = E::boxed(result);
        if let Ok(response) = result
            && self.passes_at_once(response.status())
        {
            return None;
        }
        self.judge(request, result)
    }
}

/// The body, and of the head what the final error tells: the method and the host.
fn sent_last<B: Clone>(request: &Request<B>) -> Request<B> {
    let mut kept = Request::new(request.body().clone());
    kept.method_mut().clone_from(request.method());
    kept.uri_mut().clone_from(request.uri());
    if request.uri().authority().is_none()
        && let Some(host) = request.headers().get(HOST)
    {
        kept.headers_mut().insert(HOST, host.clone());
    }
    kept
}

/// What of a request is kept for a retry.
enum Copy {
    /// Nothing to decide and nobody to tell: tower hands on the outcome as it is.
    Nothing,
    /// No attempt can follow, but tower asks what became of this one only if it has kept a request.
    Body,
    Whole,
    /// One or the other, and with it the request's place among those in flight.
    WithPlace(InFlight),
}

impl RetryPolicy {
    /// The settings of this call: the request's own, or the layer's.
    #[inline]
    pub(super) fn effective(&self) -> &Config {
        self.call.override_config.as_deref().unwrap_or(&self.config)
    }

    /// The budget of this call; always the layer's, whatever the request brought.
    #[inline]
    pub(super) fn call_budget(&self) -> Option<&Arc<dyn RetryBudget>> {
        match &self.config.budget {
            Budgeting::Nothing => None,
            Budgeting::OneForAll(budget) => Some(budget),
            Budgeting::PerRequest(_) => self.call.budget.as_ref(),
        }
    }

    /// Opens the call or begins its next attempt, and says what of the request that attempt leaves for another.
    ///
    /// Copying the head is most of what a retry costs a call that needs none (`cargo bench --bench stack`).
    fn copy_wanted(&mut self, head: RequestHead<'_>) -> Copy {
        let first = self.call.is_fresh();
        if first {
            let own = head.extensions().get::<Self>();
            if own.unwrap_or(self).config.never_retries() && self.config.listens_to_nobody() {
                return Copy::Nothing;
            }
            let own_config = own.map(|policy| Arc::clone(&policy.config));
            self.call.open(own_config, self.config.budget.of(head));
        } else {
            self.attempt_is_sent();
        }
        // Never nothing from here on: tower would not ask `retry`, and neither the budget nor the history would hear
        // of this attempt.
        self.call.sent_once = self.sent_once(head);
        match self.call_budget() {
            Some(budget) if first && budget.tracks_in_flight() => Copy::WithPlace(InFlight::enter(budget)),
            _ if self.call.sent_once.is_some() => Copy::Body,
            _ => Copy::Whole,
        }
    }

    /// Where it is known before the attempt that no other can follow: whether the request may be repeated at all, for
    /// the reason to stop. A policy that shows the head to closures has to keep it all the same.
    fn sent_once(&self, head: RequestHead<'_>) -> Option<bool> {
        let config = self.effective();
        if config.condition.is_some() || !self.config.observers.is_empty() {
            return None;
        }
        let used_up = config.total.is_some_and(|total| self.call.retries() >= total);
        if !used_up && config.retries_unprocessed() {
            return None;
        }
        let repeatable = config.repeatable.allows(head);
        (used_up || !repeatable).then_some(repeatable)
    }

    /// The way of most calls: the first attempt brought what is not retried, and only the budget has to hear of it.
    #[inline]
    fn passes_at_once(&self, status: StatusCode) -> bool {
        let passes =
            self.call.is_fresh() && self.effective().accepts(status) && self.config.observers.is_empty();
        if passes {
            // RFC 9110 section 15: from 400 on the request failed
            self.settle(if status.as_u16() < 400 { RequestEnd::FirstTry } else { RequestEnd::NotRetried });
        }
        passes
    }

    /// Tells the budget that the request is over.
    #[inline]
    pub(super) fn settle(&self, end: RequestEnd) {
        if let Some(budget) = self.call_budget() {
            budget.settle(end);
        }
    }

    /// Judges an attempt's outcome; returns the wait if another is to follow.
    #[inline(never)]
    fn judge<B: 'static, R>(
        &mut self,
        request: &mut Request<B>,
        result: &mut Result<Response<R>, BoxError>,
    ) -> Option<Wait> {
        if let Some(failed) = &mut self.call.failed {
            // the attempt is over, and with it the retry that the budget granted
            failed.grant = None;
        }
        let Some(failure) = self.failure(request, result) else {
            self.accepted(request, result);
            return None;
        };
        let now = Instant::now();
        let failed = self.call.failed_mut();
        if let Some(place) = request.extensions_mut().remove::<InFlight>() {
            failed.in_flight = Some(place);
        }
        match self.decide(request, result, &failure) {
            Ok((wait, grant)) => {
                self.tell_of_retry(request, result, &failure, wait);
                self.record(Some(&failure), result, now, Some(wait));
                let failed = self.call.failed_mut();
                failed.retrying(&failure, grant);
                let (number, broke) = (failed.attempt_number(), failed.connection_broke());
                request.extensions_mut().insert(AttemptNumber::new(number, broke));
                replay_body::restart(request.body());
                if let Some(name) = &self.effective().attempt_header {
                    request.headers_mut().insert(name, HeaderValue::from(number));
                }
                Some(Wait::new(wait.duration))
            }
            Err((reason, end)) => {
                self.settle(end);
                self.give_up(request, result, &failure, now, reason);
                None
            }
        }
    }

    fn attempt_is_sent(&mut self) {
        let failed = self.call.failed_mut();
        failed.attempt_began = Instant::now();
        if let Some(grant) = &mut failed.grant {
            grant.mark_sent();
        }
    }
}
