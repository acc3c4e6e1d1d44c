use super::ResponseFuture;
use crate::AttemptNumber;
use http::Request;
use std::task::{Context, Poll};
use tower_service::Service;

/// Sends an attempt over a new connection when one before it broke: see the [module](super).
#[derive(Clone, Copy, Debug)]
pub struct FreshConnection<S, F> {
    inner: S,
    fresh: F,
}

impl<S, F> FreshConnection<S, F> {
    /// Sends through `inner`, and through `fresh` what follows a connection that broke.
    pub const fn new(inner: S, fresh: F) -> Self {
        Self { inner, fresh }
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

// ===== impl Service =====

impl<S, F, B> Service<Request<B>> for FreshConnection<S, F>
where
    S: Service<Request<B>> + Clone,
    F: Service<Request<B>, Response = S::Response, Error = S::Error> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, F, B>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, request: Request<B>) -> Self::Future {
        if !AttemptNumber::connection_broke(&request) {
            return ResponseFuture::usual(self.inner.call(request));
        }
        // The inner service was made ready and is not called. What it holds for that, a permit, say, is given up with it:
        // its clone holds none.
        self.inner = self.inner.clone();
        ResponseFuture::fresh(self.fresh.clone(), request)
    }
}
