use super::{AttemptTimeoutError, AttemptTimeouts, LimitedBody, ResponseFuture};
use crate::{limits::Watch, replay_body};
use http::{Request, Response};
use std::task::{Context, Poll};
use tower::BoxError;
use tower_service::Service;

/// Holds each call of the inner service to limits: see the [module](super).
#[derive(Clone, Copy, Debug)]
pub struct AttemptTimeout<S> {
    inner: S,
    timeouts: AttemptTimeouts,
}

impl<S> AttemptTimeout<S> {
    /// Holds the calls of `inner` to `timeouts`.
    pub const fn new(inner: S, timeouts: AttemptTimeouts) -> Self {
        Self { inner, timeouts }
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

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for AttemptTimeout<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    S::Error: Into<BoxError>,
    ReqBody: 'static,
{
    type Response = Response<LimitedBody<ResBody, AttemptTimeoutError>>;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future, AttemptTimeoutError>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    #[inline]
    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        // most requests bring nothing: they are spared the look-ups
        let watch = if request.extensions().is_empty() {
            Watch::begin(self.timeouts)
        } else {
            match Watch::begin_with(request.extensions(), self.timeouts) {
                Ok(watch) => watch,
                Err(refused) => return ResponseFuture::refused(refused),
            }
        };
        let sending = if watch.limits_head() { replay_body::sending(request.body_mut()) } else { None };
        ResponseFuture::sending(self.inner.call(request), watch, sending)
    }
}
