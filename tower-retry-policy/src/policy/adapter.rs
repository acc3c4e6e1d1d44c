//! tower's view of the policy: what it asks, and when.

use super::{
    RetryPolicy,
    call::{Call, InFlight},
    config::Config,
};
use crate::{AttemptNumber, Deadline, Wait};
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
            self.open_call(request);
            if self.effective().never_retries() && self.config.listens_to_nobody() {
                // nothing to decide and nobody to tell: tower hands on the outcome as it is
                return None;
            }
        } else {
            self.attempt_is_sent();
        }
        // Never `None` from here on: tower would not ask `retry`, and neither the budget nor the history would
        // hear of this attempt.
        let mut kept = request.clone();
        if let Some(budget) = &self.config.budget
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

impl RetryPolicy {
    /// The settings of this call: the request's own, or the layer's.
    pub(super) fn effective(&self) -> &Config {
        self.call.override_config.as_deref().unwrap_or(&self.config)
    }

    fn open_call<B>(&mut self, request: &Request<B>) {
        self.call = Call {
            override_config: request.extensions().get::<Self>().map(|policy| Arc::clone(&policy.config)),
            deadline: request.extensions().get::<Deadline>().copied(),
            started: Some(Instant::now()),
            failed: None,
        };
    }

    fn attempt_is_sent(&mut self) {
        let failed = self.call.failed_mut();
        failed.attempt_began = Instant::now();
        if let Some(grant) = &mut failed.grant {
            grant.mark_sent();
        }
    }
}
