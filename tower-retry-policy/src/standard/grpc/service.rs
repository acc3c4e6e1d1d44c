use super::{ResponseFuture, status::status, timeout::keep_timeout};
use crate::{
    ReplayBody,
    attempt_timeout::AttemptTimeout,
    deadline::{DeadlineHeader, DeadlineService},
    replay_body::ReplayBodyService,
    retry::Retry,
    standard::{StandardBody, StandardCheck},
};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use std::{
    fmt,
    task::{Context, Poll},
};
use tonic::Status;
use tower::BoxError;
use tower_content_check::ContentCheck;
use tower_service::Service;

/// The service of a [`StandardGrpcLayer`](super::StandardGrpcLayer) over the channel `S`.
#[derive(Clone)]
pub struct StandardGrpc<S> {
    stack: Stack<S>,
}

type Stack<S> = DeadlineService<ReplayBodyService<Retry<Checked<S>>>>;
type Checked<S> = ContentCheck<DeadlineHeader<AttemptTimeout<ToTonic<S>>>, StandardCheck>;

/// Hands the recorded body to a client that takes tonic's.
#[derive(Clone, Debug)]
pub struct ToTonic<S> {
    inner: S,
}

// ===== impl StandardGrpc =====

impl<S> StandardGrpc<S> {
    pub(super) const fn new(stack: Stack<S>) -> Self {
        Self { stack }
    }
}

impl<S, B, R> Service<Request<B>> for StandardGrpc<S>
where
    S: Service<Request<tonic::body::Body>, Response = Response<R>> + Clone,
    S::Error: Into<BoxError>,
    B: Body + Send + Unpin + 'static,
    B::Data: Into<Bytes>,
    B::Error: Into<BoxError>,
    R: Body<Data = Bytes>,
    R::Error: Into<BoxError>,
{
    type Response = Response<StandardBody<R>>;
    type Error = Status;
    type Future = ResponseFuture<<Stack<S> as Service<Request<B>>>::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Service::<Request<B>>::poll_ready(&mut self.stack, cx).map_err(status)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        keep_timeout(&mut request);
        ResponseFuture::new(self.stack.call(request))
    }
}

impl<S: fmt::Debug> fmt::Debug for StandardGrpc<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StandardGrpc").field("stack", &self.stack).finish()
    }
}

// ===== impl ToTonic =====

impl<S> ToTonic<S> {
    pub(super) const fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S> Service<Request<ReplayBody>> for ToTonic<S>
where
    S: Service<Request<tonic::body::Body>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReplayBody>) -> S::Future {
        self.inner.call(request.map(tonic::body::Body::new))
    }
}
