use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower::BoxError;

use super::{
    AttemptTimeoutError,
    watch::{Watch, WatchedBody},
};

pin_project! {
    /// A response's body, read within the attempt's limits.
    ///
    /// Frames, trailers, size hint and end are the inner body's. When a limit passes, the inner body is dropped at
    /// once, the reader gets one [`AttemptTimeoutError`], and nothing after it.
    #[derive(Debug)]
    pub struct TimeoutBody<B> {
        #[pin]
        inner: WatchedBody<B>,
    }
}

impl<B> TimeoutBody<B> {
    #[inline]
    pub(super) fn new(inner: B, watch: Watch) -> Self {
        Self { inner: WatchedBody::new(inner, watch) }
    }
}

impl<B> Body for TimeoutBody<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    type Data = B::Data;
    type Error = BoxError;

    #[inline]
    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        self.project().inner.poll_frame(cx, AttemptTimeoutError::from)
    }

    #[inline]
    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    #[inline]
    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
