use super::{Endpoints, ResponseFuture, settings::Settings, visit::Visit};
use http::{Request, Response};
use std::{
    sync::Arc,
    task::{Context, Poll},
};
use tower::BoxError;
use tower_service::Service;

/// The service of [`EndpointsLayer`](super::EndpointsLayer).
///
/// It is always ready, because it may have to answer without the inner service. Each request polls a clone of that ready.
#[derive(Clone, Debug)]
pub struct EndpointsService<S> {
    inner: S,
    endpoints: Endpoints,
    settings: Arc<Settings>,
}

// ===== impl EndpointsService =====

impl<S> EndpointsService<S> {
    pub(super) const fn new(inner: S, endpoints: Endpoints, settings: Arc<Settings>) -> Self {
        Self { inner, endpoints, settings }
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

impl<S, B, R> Service<Request<B>> for EndpointsService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    S::Error: Into<BoxError>,
{
    type Response = Response<R>;
    type Error = BoxError;
    type Future = ResponseFuture<S, B>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        match Visit::start(&self.endpoints, &self.settings, &request) {
            Ok(visit) => ResponseFuture::sent(self.inner.clone(), request, visit),
            Err(error) => ResponseFuture::refused(error),
        }
    }
}
