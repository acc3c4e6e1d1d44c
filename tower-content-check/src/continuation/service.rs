use super::{
    ContinuePolicy, asking::Asking, body::ContinuedBody, future::ResponseFuture, settings::Settings,
};
use crate::{BoxError, check::FlowCheck, head::Asked};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
};
use tower_service::Service;

/// Hands on bodies that continue themselves, see [the module](super).
///
/// An error of the service below is returned as it is.
#[derive(Clone)]
pub struct Continue<S, P, C = ()> {
    pub(super) inner: S,
    pub(super) shared: Arc<Shared<P, C>>,
}

/// What all calls share.
pub(super) struct Shared<P, C> {
    pub(super) policy: P,
    pub(super) check: C,
    pub(super) settings: Settings,
}

// ===== impl Continue =====

impl<S, P, C> Continue<S, P, C> {
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

impl<S, P, C, ReqB, ResB> Service<Request<ReqB>> for Continue<S, P, C>
where
    S: Service<Request<ReqB>, Response = Response<ResB>> + Clone,
    S::Error: Into<BoxError>,
    P: ContinuePolicy,
    C: FlowCheck + Clone,
    ReqB: Clone,
    ResB: Body<Data = Bytes>,
    ResB::Error: Into<BoxError>,
{
    type Response = Response<ContinuedBody<S, P, C, ReqB, ResB>>;
    type Error = BoxError;
    type Future = ResponseFuture<S, P, C, ReqB>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<ReqB>) -> Self::Future {
        let asked = Asked::of(&request);
        // A copy is made ready by the body, when it needs it; the one here is ready now.
        let asking = Asking::of(&request, &self.inner);
        ResponseFuture::new(self.inner.call(request), asking, asked, self.shared.clone())
    }
}

impl<S: fmt::Debug, P, C: fmt::Debug> fmt::Debug for Continue<S, P, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Continue")
            .field("inner", &self.inner)
            .field("check", &self.shared.check)
            .field("settings", &self.shared.settings)
            .finish_non_exhaustive()
    }
}
