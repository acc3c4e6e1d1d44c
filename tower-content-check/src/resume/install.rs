use super::resumable::Resumable;
use http::Request;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// Gives each request a [`Resumable`] of its own: place it outside the retry.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ResumableLayer;

/// The service of [`ResumableLayer`].
#[derive(Clone, Debug)]
pub struct InstallResumable<S> {
    inner: S,
}

// ===== impl ResumableLayer =====

impl ResumableLayer {
    /// A request that has one already keeps it.
    pub fn new() -> Self {
        Self
    }
}

impl<S> Layer<S> for ResumableLayer {
    type Service = InstallResumable<S>;

    fn layer(&self, inner: S) -> Self::Service {
        InstallResumable { inner }
    }
}

// ===== impl InstallResumable =====

impl<S> InstallResumable<S> {
    /// The service below.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The service below, to be changed.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Gives the service below back.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, B> Service<Request<B>> for InstallResumable<S>
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
        request.extensions_mut().get_or_insert_default::<Resumable>();
        self.inner.call(request)
    }
}
