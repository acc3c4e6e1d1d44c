use super::{Deadline, DeadlineFormat};
use http::{HeaderName, Request};
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// Tells the server, in a header, what is left until the request's [`Deadline`].
///
/// It stands inside the retry, so that each attempt sends its own figure. A header of that name that the request
/// has already is replaced. Without a deadline the request stays as it is.
#[derive(Clone, Debug)]
pub struct DeadlineHeaderLayer {
    name: HeaderName,
    format: DeadlineFormat,
}

/// The service of [`DeadlineHeaderLayer`].
#[derive(Clone, Debug)]
pub struct DeadlineHeader<S> {
    inner: S,
    name: HeaderName,
    format: DeadlineFormat,
}

// ===== impl DeadlineHeaderLayer =====

impl DeadlineHeaderLayer {
    /// Writes the header `name` in the given format.
    pub const fn new(name: HeaderName, format: DeadlineFormat) -> Self {
        Self { name, format }
    }
}

impl<S> Layer<S> for DeadlineHeaderLayer {
    type Service = DeadlineHeader<S>;

    fn layer(&self, inner: S) -> Self::Service {
        DeadlineHeader::new(inner, self.name.clone(), self.format)
    }
}

// ===== impl DeadlineHeader =====

impl<S> DeadlineHeader<S> {
    /// Writes the header `name` into the requests to `inner`.
    pub const fn new(inner: S, name: HeaderName, format: DeadlineFormat) -> Self {
        Self { inner, name, format }
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

impl<S, B> Service<Request<B>> for DeadlineHeader<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        if let Some(left) = request.extensions().get().map(Deadline::remaining) {
            request.headers_mut().insert(self.name.clone(), self.format.value(left));
        }
        self.inner.call(request)
    }
}
