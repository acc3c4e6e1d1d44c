use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http::Version;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower::BoxError;

use super::DeadlineError;
use crate::attempt_timeout::watch::{Watch, WatchedBody};

pin_project! {
    /// A response's body, read until its call's deadline.
    ///
    /// Frames, trailers, size hint and end are the inner body's. When the deadline passes, the inner body is dropped at
    /// once, the reader gets one [`DeadlineError`], and nothing after it.
    ///
    /// With the feature `hyper`, a body of hyper's over HTTP/2 that was reset without an error before its end fails with an
    /// [`io::Error`](std::io::Error) of the kind `UnexpectedEof`; hyper itself shows it as whole.
    #[derive(Debug)]
    pub struct DeadlineBody<B> {
        #[pin]
        inner: WatchedBody<B>,
    }
}

impl<B> DeadlineBody<B> {
    #[inline]
    pub(super) fn new(inner: B, version: Version, watch: Watch) -> Self {
        Self { inner: WatchedBody::new(inner, version, watch) }
    }
}

impl<B> Body for DeadlineBody<B>
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
        self.project().inner.poll_frame(cx, DeadlineError::from)
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
