//! The hook before a retry, as a part of its call.

use super::Open;
use crate::{
    AttemptTimeoutError,
    limits::{Cause, Expired, LimitError},
    policy::RepeatableBody,
    retry::{
        before_retry,
        progress::Begun,
        running::{Ended, Handed},
        start::Preparation,
    },
};
use http::{Request, Response};
use std::{
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::Instant;
use tower::BoxError;
use tower_service::Service;

impl<S, B, R> Open<S, B>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    S::Error: Into<BoxError>,
    B: RepeatableBody,
{
    /// Lets the hook change the request of the attempt that follows a failed one. An end of that attempt, if it failed.
    pub(in crate::retry) fn prepare(&mut self, cx: &mut Context<'_>) -> Poll<Option<Ended<Response<R>>>> {
        // then it is not sent anyway
        let in_vain = self.is_committed() && !self.running().is_empty();
        let hook = self.extras.as_ref().and_then(|extras| extras.before_retry.as_ref());
        let Some(further) = &mut self.further else { return Poll::Ready(None) };
        let Some(replacement) = &mut further.starts.replacement else { return Poll::Ready(None) };
        let Some(preparation) = replacement.preparation.as_deref_mut() else { return Poll::Ready(None) };
        if let (Preparation::Due(failed), Some(hook), false) = (&*preparation, hook, in_vain) {
            let preparing = hook.begin(*failed, self.kept.head());
            *preparation = Preparation::Runs(Instant::now(), preparing);
        }
        let Preparation::Runs(began, preparing) = preparation else {
            replacement.preparation = None;
            return Poll::Ready(None);
        };
        let began = *began;
        let (error, handed) = match preparing.as_mut().poll(cx) {
            Poll::Ready(Ok(head)) => {
                let kept = self.kept.shown().head;
                match before_retry::allowed((kept.method(), kept.headers()), &head) {
                    Ok(()) => {
                        replacement.prepared(Instant::now());
                        self.kept.set_head(head);
                        return Poll::Ready(None);
                    }
                    Err(forbidden) => (forbidden, Handed::Unprepared),
                }
            }
            Poll::Ready(Err(error)) => (error, Handed::Unprepared),
            Poll::Pending => {
                let Some(deadline) = self.call.deadline else { return Poll::Pending };
                ready!(further.starts.poll_until(deadline.instant(), cx));
                let expired = Expired { cause: Cause::DeadlineBeforeCall, allowed: Duration::ZERO };
                (AttemptTimeoutError::passed(expired).into(), Handed::Unready)
            }
        };
        let Some(replacement) = further.starts.replacement.take() else { return Poll::Ready(None) };
        let (grant, paid) = replacement.granted();
        let begun = Begun { number: self.call.next_number(), at: began, grant, paid, reader: None };
        Poll::Ready(Some(Ended { begun, result: Err(error), handed }))
    }
}
