use super::{ResponseFuture, call::Call, extras::Extras, open::Open};
use crate::{RetryPolicy, budget::RequestHead, policy::RepeatableBody};
use http::{Request, Response};
use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tower::BoxError;
use tower_service::Service;

/// The service of [`RetryLayer`](super::RetryLayer).
pub struct Retry<S> {
    inner: S,
    policy: RetryPolicy,
    extras: Option<Arc<Extras>>,
    /// What the inner service said instead of being ready: the outcome of the next call's first attempt.
    unready: Option<BoxError>,
}

// ===== impl Retry =====

impl<S> Retry<S> {
    /// Sends the requests to `inner` by this policy.
    pub const fn new(inner: S, policy: RetryPolicy) -> Self {
        Self::with(inner, policy, None)
    }

    pub(super) const fn with(inner: S, policy: RetryPolicy, extras: Option<Arc<Extras>>) -> Self {
        Self { inner, policy, extras, unready: None }
    }

    /// The inner service.
    pub const fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The inner service, to be changed.
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Gives the inner service back.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, B, R> Service<Request<B>> for Retry<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    S::Error: Into<BoxError>,
    B: RepeatableBody,
{
    type Response = Response<R>;
    type Error = BoxError;
    type Future = ResponseFuture<S, B>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        if self.unready.is_none()
            && let Err(error) = ready!(self.inner.poll_ready(cx))
        {
            self.unready = Some(error.into());
        }
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        if let Some(live) = self.extras.as_ref().and_then(|extras| extras.live.as_ref()) {
            live.refresh(&mut self.policy);
        }
        let open = if Call::is_idle(&self.policy, RequestHead::new(&request)) {
            None
        } else {
            Some(Open::new(&self.policy, &mut request, &self.inner, self.extras.as_ref()))
        };
        match self.unready.take() {
            None => ResponseFuture::sent(self.inner.call(request), open),
            Some(error) => ResponseFuture::unsent(error, open),
        }
    }
}

impl<S: Clone> Clone for Retry<S> {
    /// A clone has not been polled ready.
    fn clone(&self) -> Self {
        Self::with(self.inner.clone(), self.policy.clone(), self.extras.clone())
    }
}

impl<S: fmt::Debug> fmt::Debug for Retry<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry")
            .field("inner", &self.inner)
            .field("policy", &self.policy)
            .field("extras", &self.extras)
            .finish_non_exhaustive()
    }
}
