use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http::Version;
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
    ///
    /// With the feature `hyper`, a body of hyper's over HTTP/2 that was reset without an error before its end fails with an
    /// [`io::Error`](std::io::Error) of the kind `UnexpectedEof`; hyper itself shows it as whole.
    #[derive(Debug)]
    pub struct TimeoutBody<B> {
        #[pin]
        inner: WatchedBody<B>,
    }
}

impl<B> TimeoutBody<B> {
    #[inline]
    pub(super) fn new(inner: B, version: Version, watch: Watch) -> Self {
        Self { inner: WatchedBody::new(inner, version, watch) }
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
