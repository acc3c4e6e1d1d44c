//! tower's view of the policy: what it asks, and when.

use super::{
    RetryPolicy,
    call::{Call, InFlight},
    config::{Budgeting, Config},
};
use crate::{AttemptNumber, RetryBudget, Wait};
use http::{HeaderValue, Request, Response};
use std::sync::Arc;
use tokio::time::Instant;
use tower::{BoxError, retry::Policy};

impl<B, R> Policy<Request<B>, Response<R>, BoxError> for RetryPolicy
where
    B: Clone,
{
    type Future = Wait;

    fn clone_request(&mut self, request: &Request<B>) -> Option<Request<B>> {
        if self.call.is_fresh() {
            let own = request.extensions().get::<Self>();
            if own.unwrap_or(self).config.never_retries() && self.config.listens_to_nobody() {
                // nothing to decide and nobody to tell: tower hands on the outcome as it is
                return None;
            }
            let own_config = own.map(|policy| Arc::clone(&policy.config));
            self.call = Call::open(request, own_config, self.config.budget.of(request));
        } else {
            self.attempt_is_sent();
        }
        // Never `None` from here on: tower would not ask `retry`, and neither the budget nor the history would
        // hear of this attempt.
        self.call.is_last = self.is_sent_once(request);
        let mut kept = if self.call.is_last { shell(request) } else { request.clone() };
        if let Some(budget) = self.call_budget()
            && self.call.is_fresh()
            && budget.tracks_in_flight()
        {
            kept.extensions_mut().insert(InFlight::enter(budget));
        }
        Some(kept)
    }

    fn retry(
        &mut self,
        request: &mut Request<B>,
        result: &mut Result<Response<R>, BoxError>,
    ) -> Option<Wait> {
        if let Some(failed) = &mut self.call.failed {
            // the attempt is over, and with it the retry that the budget granted
            failed.grant = None;
        }
        let Some(failure) = self.failure(result) else {
            self.succeeded(request, result);
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
                let number = failed.attempt_number();
                request.extensions_mut().insert(AttemptNumber(number));
                if let Some(name) = &self.effective().attempt_header {
                    request.headers_mut().insert(name, HeaderValue::from(number));
                }
                Some(Wait::new(wait.duration))
            }
            Err(reason) => {
                self.give_up(request, result, &failure, now, reason);
                None
            }
        }
    }
}

/// A request that is never sent: it keeps tower asking what became of the attempt.
fn shell<B: Clone>(request: &Request<B>) -> Request<B> {
    let mut shell = Request::new(request.body().clone());
    shell.method_mut().clone_from(request.method());
    shell.uri_mut().clone_from(request.uri());
    shell
}

impl RetryPolicy {
    /// The settings of this call: the request's own, or the layer's.
    pub(super) fn effective(&self) -> &Config {
        self.call.override_config.as_deref().unwrap_or(&self.config)
    }

    /// Whether it is known before the attempt that no other can follow.
    ///
    /// Copying the head is most of what a retry costs a call that needs none. It is not done for a policy that
    /// shows the head to closures.
    fn is_sent_once<B>(&self, request: &Request<B>) -> bool {
        let config = self.effective();
        let used_up = config.total.is_some_and(|total| self.call.retries() >= total);
        let shown = config.condition.is_some() || !self.config.observers.is_empty();
        !shown && (used_up || (!config.retries_unprocessed() && !config.methods.allow(request)))
    }

    /// The budget of this call; always the layer's, whatever the request brought.
    pub(super) fn call_budget(&self) -> Option<&Arc<dyn RetryBudget>> {
        match &self.config.budget {
            Budgeting::Nothing => None,
            Budgeting::OneForAll(budget) => Some(budget),
            Budgeting::PerRequest(_) => self.call.budget.as_ref(),
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
