use super::tried::Tried;
use http::Request;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// Lets the attempts of a call know of each other. It stands outside the retry, and
/// [`EndpointsLayer::below`](super::EndpointsLayer::below) puts it there.
#[derive(Clone, Copy, Debug, Default)]
pub struct EndpointsCallLayer {
    _private: (),
}

/// The service of [`EndpointsCallLayer`].
#[derive(Clone, Copy, Debug)]
pub struct EndpointsCall<S> {
    inner: S,
}

// ===== impl EndpointsCallLayer =====

impl EndpointsCallLayer {
    /// A record for each request.
    pub const fn new() -> Self {
        Self { _private: () }
    }
}

impl<S> Layer<S> for EndpointsCallLayer {
    type Service = EndpointsCall<S>;

    fn layer(&self, inner: S) -> Self::Service {
        EndpointsCall { inner }
    }
}

// ===== impl EndpointsCall =====

impl<S> EndpointsCall<S> {
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

impl<S, B> Service<Request<B>> for EndpointsCall<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        // always a new one: a request may be the copy of another call's
        request.extensions_mut().insert(Tried::default());
        self.inner.call(request)
    }
}
