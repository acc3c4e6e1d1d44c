//! The future of a request that was sent or rejected.

use super::{ThrottledError, history::History, layer::Accept};
use http::Response;
use pin_project_lite::pin_project;
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tower::BoxError;

pin_project! {
    /// The response, or the rejection, of [`AdaptiveThrottle`](super::AdaptiveThrottle).
    pub struct ResponseFuture<F, A> {
        #[pin]
        state: State<F, A>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F, A> {
        Sent { #[pin] inner: F, history: Arc<History>, accept: A },
        Rejected { error: Option<ThrottledError> },
    }
}

impl<F, A> ResponseFuture<F, A> {
    pub(super) fn sent(inner: F, history: Arc<History>, accept: A) -> Self {
        Self { state: State::Sent { inner, history, accept } }
    }

    pub(super) fn rejected(error: ThrottledError) -> Self {
        Self { state: State::Rejected { error: Some(error) } }
    }
}

impl<F, A, R, E> Future for ResponseFuture<F, A>
where
    F: Future<Output = Result<Response<R>, E>>,
    E: Into<BoxError>,
    A: Accept,
{
    type Output = Result<Response<R>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Sent { inner, history, accept } => {
                let result = ready!(inner.poll(cx)).map_err(Into::into);
                history.ended(result.as_ref().is_ok_and(|response| accept.accepts(response.status())));
                Poll::Ready(result)
            }
            // A future that is polled after its end may do anything but answer.
            StateProj::Rejected { error } => match error.take() {
                Some(error) => Poll::Ready(Err(error.into())),
                None => Poll::Pending,
            },
        }
    }
}

impl<F, A> fmt::Debug for ResponseFuture<F, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rejected = matches!(self.state, State::Rejected { .. });
        f.debug_struct("ResponseFuture").field("rejected", &rejected).finish_non_exhaustive()
    }
}
