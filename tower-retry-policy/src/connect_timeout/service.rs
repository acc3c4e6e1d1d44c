use super::ResponseFuture;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper_util::client::legacy::{
    Client,
    connect::{Connect, capture_connection},
};
use std::{
    task::{Context, Poll},
    time::Duration,
};
use tower::BoxError;
use tower_service::Service;

/// Limits the time until a request of hyper-util's client has its connection: see the [module](super).
#[derive(Clone, Copy, Debug)]
pub struct ConnectTimeout<S> {
    inner: S,
    limit: Duration,
}

impl<S> ConnectTimeout<S> {
    /// Gives each request of `inner`, hyper-util's client, `limit` to get its connection.
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

// For the client itself and nothing around it. What says that a request was not sent is that the client has not noted
// its connection; a service that notes none, or that goes on with a call whose future is dropped, would make that a lie.
impl<C, B> Service<Request<B>> for ConnectTimeout<Client<C, B>>
where
    C: Connect + Clone + Send + Sync + 'static,
    B: Body + Send + Unpin + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    type Response = Response<Incoming>;
    type Error = BoxError;
    type Future = ResponseFuture;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    #[inline]
    fn call(&mut self, mut request: Request<B>) -> ResponseFuture {
        let connection = capture_connection(&mut request);
        ResponseFuture::new(self.inner.call(request), connection, self.limit)
    }
}
