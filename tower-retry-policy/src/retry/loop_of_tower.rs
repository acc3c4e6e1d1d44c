//! The policy in tower's own loop, for those who have `.retry(policy)` in place.
//!
//! It does what [`RetryLayer`](super::RetryLayer) does, without hedging, and always copies the whole request: tower asks
//! before it knows anything, and asks what became of an attempt only if it was given a copy.

use super::{
    call::{Call, Chosen},
    judgement::{Others, Verdict},
    kept::Shown,
    progress::Begun,
    wait::Wait,
};
use crate::{
    AttemptNumber, RetryPolicy,
    budget::{Grant, RequestHead},
    policy::{BoxedError, RepeatableBody},
    replay_body,
};
use http::{HeaderValue, Request, Response};
use tokio::time::Instant;
use tower::{BoxError, retry::Policy};

/// What the policy keeps from attempt to attempt.
type Kept = (Begun, Call);

impl<B, R, E> Policy<Request<B>, Response<R>, E> for RetryPolicy
where
    B: RepeatableBody,
    E: BoxedError,
{
    type Future = Wait;

    fn clone_request(&mut self, request: &Request<B>) -> Option<Request<B>> {
        let now = Instant::now();
        let mut copy = request.clone();
        if let Some((begun, _)) =
            self.in_loop.call.as_deref_mut().and_then(|kept| kept.downcast_mut::<Kept>())
        {
            begun.sent_at(now);
            return Some(copy);
        }
        if Call::is_idle(self, RequestHead::new(request)) {
            return None;
        }
        self.in_loop.sent = Some(now);
        // it travels in the copy, because that lives exactly as long as the call
        if let Some(chosen) = Call::open_at(self, RequestHead::new(request), now).chosen() {
            copy.extensions_mut().insert(chosen);
        }
        Some(copy)
    }

    fn retry(&mut self, request: &mut Request<B>, result: &mut Result<Response<R>, E>) -> Option<Wait> {
        let now = Instant::now();
        let result: &mut Result<Response<R>, BoxError> = E::boxed(result);
        let (begun, mut call) = match self.in_loop.call.take().and_then(|kept| kept.downcast::<Kept>().ok()) {
            Some(kept) => *kept,
            None => {
                let sent = self.in_loop.sent.unwrap_or(now);
                let chosen = request.extensions_mut().remove::<Chosen>().unwrap_or_default();
                let call = Call::open_with(self, RequestHead::new(request), sent, chosen);
                (Begun::first(sent), call)
            }
        };
        let failure = call.failure(RequestHead::new(request), begun.number, result);
        let others = Others { running: &[], awaited: false };
        match call.judge(Shown::of(request), begun, result, failure, now, others) {
            Verdict::Again { wait, grant } => {
                let paid = grant.as_ref().map(Grant::kind).or(call.last_charged());
                replay_body::restart(request.body());
                let number = call.next_number();
                request.extensions_mut().insert(AttemptNumber::new(number, call.connection_broke()));
                if let Some(name) = &call.config().attempt_header {
                    request.headers_mut().insert(name, HeaderValue::from(number));
                }
                let begun = Begun { number, at: now, grant, paid, reader: None };
                self.in_loop.call = Some(Box::new((begun, call)));
                Some(Wait::new(wait))
            }
            Verdict::Over | Verdict::Await => None,
        }
    }
}
