//! The service.

use super::{ResponseFuture, ThrottledError, history::History, layer::Accept};
use http::{Request, Response};
use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
};
use tower::BoxError;
use tower_backoff::Draws;
use tower_service::Service;

/// Rejects requests with [`ThrottledError`] while the server rejects most; see the
/// [module documentation](crate::adaptive_throttle).
#[derive(Clone)]
pub struct AdaptiveThrottle<S, A = super::DefaultAccept> {
    inner: S,
    history: Arc<History>,
    accept: A,
    draws: Draws,
}

impl<S, A> AdaptiveThrottle<S, A> {
    pub(super) fn with(inner: S, history: Arc<History>, accept: A, draws: Draws) -> Self {
        Self { inner, history, accept, draws }
    }

    /// The service within.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The service within, to be changed.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Only the service within.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, A, B, R> Service<Request<B>> for AdaptiveThrottle<S, A>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Into<BoxError>,
    A: Accept + Clone,
{
    type Response = Response<R>;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future, A>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        match self.history.ask(self.draws.draw()) {
            Ok(()) => {
                ResponseFuture::sent(self.inner.call(request), Arc::clone(&self.history), self.accept.clone())
            }
            Err((requests, accepts)) => ResponseFuture::rejected(ThrottledError::new(requests, accepts)),
        }
    }
}

impl<S: fmt::Debug, A> fmt::Debug for AdaptiveThrottle<S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdaptiveThrottle")
            .field("inner", &self.inner)
            .field("history", &self.history)
            .finish_non_exhaustive()
    }
}
