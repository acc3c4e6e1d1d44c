use super::{
    ResponseFuture, TARGET,
    facts::{address, known_method, method, port, url},
};
use crate::one_line::OneLine;
use http::{Request, Response};
use std::task::{Context, Poll};
use tower::BoxError;
use tower_service::Service;
use tracing::{
    Span,
    field::{self, Empty},
    info_span,
};

/// Opens a span around each call of the inner service: see the [module](super).
#[derive(Clone, Copy, Debug)]
pub struct RetrySpan<S> {
    inner: S,
}

impl<S> RetrySpan<S> {
    /// Spans around the calls of `inner`, which is to be the retry.
    pub const fn new(inner: S) -> Self {
        Self { inner }
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

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for RetrySpan<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    S::Error: Into<BoxError>,
{
    type Response = Response<ResBody>;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let span = open(&request);
        let call = span.in_scope(|| self.inner.call(request));
        ResponseFuture::new(call, span)
    }
}

fn open<B>(request: &Request<B>) -> Span {
    let other = known_method(request.method()).is_none().then(|| OneLine(request.method().as_str()));
    info_span!(
        target: TARGET,
        "http.call",
        otel.name = known_method(request.method()).unwrap_or("HTTP"),
        otel.kind = "internal",
        http.request.method = method(request.method()),
        http.request.method_original = other.map(field::display),
        server.address = address(request.uri()),
        server.port = port(request.uri()),
        url.full = url(request.uri()).map(field::display),
        http.request.resend_count = Empty,
        http.response.status_code = Empty,
        "error.type" = Empty,
    )
}
