use super::{Deadline, DeadlineError, LimitedBody, ResponseFuture};
use crate::limits::{AttemptTimeouts, Watch};
use http::{Request, Response};
use std::{
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::Instant;
use tower::BoxError;
use tower_service::Service;

/// Ends each call of the inner service when its [`Deadline`] passes: see the [module](super).
#[derive(Clone, Copy, Debug)]
pub struct DeadlineService<S> {
    inner: S,
    limit: Duration,
}

impl<S> DeadlineService<S> {
    /// Gives each call of `inner` at most `limit`.
    pub const fn new(inner: S, limit: Duration) -> Self {
        Self { inner, limit }
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

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for DeadlineService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    S::Error: Into<BoxError>,
{
    type Response = Response<LimitedBody<ResBody, DeadlineError>>;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future, DeadlineError>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let now = Instant::now();
        let own = Deadline::since(now, self.limit);
        let deadline = request.extensions().get().map_or(own, |&users: &Deadline| users.min(own));
        match Watch::begin_at(now, AttemptTimeouts::new(), deadline) {
            Ok(watch) => {
                request.extensions_mut().insert(deadline);
                ResponseFuture::new(self.inner.call(request), watch)
            }
            Err(refused) => ResponseFuture::refused(refused),
        }
    }
}
