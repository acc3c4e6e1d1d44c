use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::Response;
use pin_project_lite::pin_project;
use tower::BoxError;

use super::{
    AttemptTimeoutError, TimeoutBody,
    watch::{Expired, Watch, WatchedCall},
};

pin_project! {
    /// The future of an [`AttemptTimeout`](super::AttemptTimeout): the response's head within the limits.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: WatchedCall<F>,
    }
}

impl<F> ResponseFuture<F> {
    #[inline]
    pub(super) fn new(inner: F, watch: Watch) -> Self {
        Self { inner: WatchedCall::new(inner, watch) }
    }

    pub(super) fn refused(expired: Expired) -> Self {
        Self { inner: WatchedCall::refused(expired) }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<Response<TimeoutBody<B>>, BoxError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let in_time = |response: Response<B>, watch| {
            let version = response.version();
            response.map(|body| TimeoutBody::new(body, version, watch))
        };
        self.project().inner.poll_head(cx, in_time, AttemptTimeoutError::from)
    }
}
