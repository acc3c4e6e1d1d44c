use super::StandardCheck;
use crate::{
    AttemptTimeoutError, DeadlineError,
    attempt_timeout::AttemptTimeout,
    deadline::{DeadlineService, LimitedBody},
    policy::RepeatableBody,
    retry::Retry,
};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use std::{
    fmt,
    task::{Context, Poll},
};
use tower::BoxError;
use tower_content_check::{CheckedBody, ContentCheck};
use tower_service::Service;

/// The service of a [`StandardLayer`](super::StandardLayer) over the client `S`.
#[derive(Clone)]
pub struct Standard<S> {
    stack: Stack<S>,
}

type Stack<S> = DeadlineService<Retry<ContentCheck<AttemptTimeout<S>, StandardCheck>>>;

/// The body of an answer: whole and checked, or, of an answer that is no success or an endless stream, as it comes and
/// within the deadline.
pub type StandardBody<B> = LimitedBody<CheckedBody<LimitedBody<B, AttemptTimeoutError>>, DeadlineError>;

// ===== impl Standard =====

impl<S> Standard<S> {
    pub(super) const fn new(stack: Stack<S>) -> Self {
        Self { stack }
    }

    /// The client.
    pub fn get_ref(&self) -> &S {
        self.stack.get_ref().get_ref().get_ref().get_ref()
    }

    /// The client, to be changed.
    pub fn get_mut(&mut self) -> &mut S {
        self.stack.get_mut().get_mut().get_mut().get_mut()
    }

    /// Gives the client back.
    pub fn into_inner(self) -> S {
        self.stack.into_inner().into_inner().into_inner().into_inner()
    }
}

impl<S, B, R> Service<Request<B>> for Standard<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    S::Error: Into<BoxError>,
    B: RepeatableBody,
    R: Body<Data = Bytes>,
    R::Error: Into<BoxError>,
{
    type Response = Response<StandardBody<R>>;
    type Error = BoxError;
    type Future = <Stack<S> as Service<Request<B>>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.stack.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.stack.call(request)
    }
}

impl<S: fmt::Debug> fmt::Debug for Standard<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Standard").field("stack", &self.stack).finish()
    }
}
