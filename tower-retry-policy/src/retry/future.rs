use super::{
    open::{Open, Turn},
    progress::Begun,
    running::{Ended, Handed},
};
use crate::policy::RepeatableBody;
use http::{Request, Response};
use pin_project_lite::pin_project;
use std::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll},
};
use tower::BoxError;
use tower_service::Service;

pin_project! {
    /// The future of [`Retry`](super::Retry): ready with the call's outcome.
    ///
    /// Dropping it drops all attempts of the call.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, B>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        first: First<S::Future>,
        // none when there is nothing to decide and nobody to tell
        open: Option<Open<S, B>>,
    }
}

pin_project! {
    /// The first attempt runs in place: a call that needs no other allocates nothing.
    #[project = FirstProj]
    enum First<F> {
        Sent { #[pin] future: F },
        // the inner service was not ready
        Unsent { error: Option<BoxError> },
        Over,
    }
}

// ===== impl ResponseFuture =====

impl<S, B> ResponseFuture<S, B>
where
    S: Service<Request<B>>,
{
    #[inline]
    pub(super) fn sent(future: S::Future, open: Option<Open<S, B>>) -> Self {
        Self { first: First::Sent { future }, open }
    }

    /// The inner service was not ready, and said so by this error.
    pub(super) fn unsent(error: BoxError, open: Option<Open<S, B>>) -> Self {
        Self { first: First::Unsent { error: Some(error) }, open }
    }
}

impl<S, B, R> Future for ResponseFuture<S, B>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    S::Error: Into<BoxError>,
    B: RepeatableBody,
{
    type Output = Result<Response<R>, BoxError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let mut outcome = this.first.as_mut().poll(cx);
        let Some(open) = this.open else { return outcome };
        // the way of most calls: one attempt, and it brings what was wanted
        match &outcome {
            Poll::Ready(Ok(response)) if open.passes_at_once(response.status()) => {
                this.first.set(First::Over);
            }
            Poll::Pending if open.waits_for_the_first() => return outcome,
            _ => go_on(open, this.first, &mut outcome, cx),
        }
        if outcome.is_ready() {
            // the caller may keep the future for longer: the copy of the request and the place in the budget go now
            *this.open = None;
        }
        outcome
    }
}

/// Goes on from the outcome of the first attempt until there is one of the call, or it has to wait. Attempts are asked in
/// the order in which they began, and before the timer: an answer in the same instant beats the hedge, and runs stay
/// reproducible.
#[inline(never)]
fn go_on<S, B, R>(
    open: &mut Open<S, B>,
    mut first: Pin<&mut First<S::Future>>,
    outcome: &mut Poll<Result<Response<R>, BoxError>>,
    cx: &mut Context<'_>,
) where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    S::Error: Into<BoxError>,
    B: RepeatableBody,
{
    let mut ended = match mem::replace(outcome, Poll::Pending) {
        Poll::Ready(result) => {
            let unsent = matches!(*first, First::Unsent { .. });
            let handed = if unsent { Handed::Unready } else { Handed::Over };
            first.set(First::Over);
            Some(Ended { begun: Begun::first(open.started()), result, handed })
        }
        Poll::Pending => None,
    };
    loop {
        if let Some(ended) = ended.take().or_else(|| open.poll_running(cx)) {
            if let Some(result) = open.ended(ended) {
                // the losers go now, and their connections with them
                first.set(First::Over);
                *outcome = Poll::Ready(result);
                return;
            }
            continue;
        }
        match open.turn(cx) {
            Turn::Wait => return,
            Turn::Prepare => match open.prepare(cx) {
                Poll::Pending => return,
                Poll::Ready(failed) => ended = failed,
            },
            Turn::Replace => open.replace(),
            Turn::Hedge => open.hedge(),
        }
    }
}

// ===== impl First =====

impl<F, R, E> First<F>
where
    F: Future<Output = Result<R, E>>,
    E: Into<BoxError>,
{
    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<R, BoxError>> {
        match self.project() {
            FirstProj::Sent { future } => future.poll(cx).map_err(Into::into),
            FirstProj::Unsent { error } => {
                error.take().map_or(Poll::Pending, |error| Poll::Ready(Err(error)))
            }
            FirstProj::Over => Poll::Pending,
        }
    }
}

impl<S, B> fmt::Debug for ResponseFuture<S, B>
where
    S: Service<Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
