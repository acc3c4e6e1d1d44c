use super::facts::error_type;
use crate::{History, Phase, RetryError};
use http::Response;
use pin_project_lite::pin_project;
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tower::BoxError;
use tracing::{Instrument, Span, instrument::Instrumented};

pin_project! {
    /// The future of a [`RetrySpan`](super::RetrySpan): the call, inside its span.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: Instrumented<F>,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn new(inner: F, span: Span) -> Self {
        Self { inner: inner.instrument(span) }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<Response<B>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut inner = self.project().inner;
        let result = ready!(inner.as_mut().poll(cx)).map_err(Into::into);
        let span = inner.span();
        if !span.is_disabled() {
            record(span, &result);
        }
        Poll::Ready(result)
    }
}

fn record<B>(span: &Span, result: &Result<Response<B>, BoxError>) {
    let (history, phase) = match result {
        Ok(response) => (History::of(response), None),
        Err(error) => (RetryError::find(&**error).map(RetryError::history), Some(Phase::of(&**error))),
    };
    let last = history.and_then(History::outcome);
    let phase = last.map_or(phase, crate::AttemptRecord::phase);
    // a last response that became an error is in the history alone
    let status =
        last.map_or_else(|| result.as_ref().ok().map(Response::status), crate::AttemptRecord::status);
    if let Some(retries) = history.map(|history| history.attempts_made() - 1).filter(|retries| *retries > 0) {
        span.record("http.request.resend_count", retries);
    }
    if let Some(status) = status {
        span.record("http.response.status_code", status.as_u16());
    }
    if let Some(error) = error_type(status, phase) {
        span.record("error.type", error);
    }
}
