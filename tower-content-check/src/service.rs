use crate::{BoxError, Check, CheckedBody, ResponseFuture, head::Asked, settings::Settings};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use std::task::{Context, Poll};
use tower_service::Service;

/// Reads the response body inside the attempt and judges it, see [`ContentCheckLayer`](crate::ContentCheckLayer).
///
/// A response that is not right becomes a [`ContentCheckError`](crate::ContentCheckError). An error of the inner
/// service is returned as it is, so that whoever looks for a client's error finds it where it would be without
/// this layer.
#[derive(Clone, Debug)]
pub struct ContentCheck<S, C> {
    pub(crate) inner: S,
    pub(crate) check: C,
    pub(crate) settings: Settings,
}

// ===== impl ContentCheck =====

impl<S, C> ContentCheck<S, C> {
    /// Judges the responses of `inner` with a copy of `check` each; settings are the layer's.
    pub fn new(inner: S, check: C) -> Self
    where
        C: Check + Clone,
    {
        Self { inner, check, settings: Settings::default() }
    }

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

impl<S, C, ReqBody, B> Service<Request<ReqBody>> for ContentCheck<S, C>
where
    S: Service<Request<ReqBody>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    C: Check + Clone,
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Response = Response<CheckedBody<B>>;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future, C, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let asked = Asked::of(&request);
        ResponseFuture::new(self.inner.call(request), asked, self.check.clone(), self.settings.clone())
    }
}
