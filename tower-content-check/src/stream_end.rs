use crate::BoxError;
use bytes::Bytes;
use http::Version;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

pin_project! {
    /// A body whose end is believed only if it is one.
    ///
    /// hyper ends a body of HTTP/2 without an error when RST_STREAM(NO_ERROR) comes, because a server may end a stream so
    /// behind a complete response (RFC 9113 section 8.1). If END_STREAM did not come before it, and no length says that
    /// all is there, the response is not complete. hyper's body tells: `is_end_stream` is true only behind END_STREAM.
    /// Other bodies may never say so, so the rule is for hyper's, and for wrappers that hand on what it says.
    #[derive(Debug)]
    pub(crate) struct StreamEnd<B> {
        #[pin]
        inner: B,
        watched: bool,
    }
}

// ===== impl StreamEnd =====

impl<B> StreamEnd<B> {
    /// `version` is that of the head: hyper's bodies of HTTP/1 do not say when a chunked one has ended.
    pub(crate) fn new(inner: B, version: Version) -> Self {
        Self { inner, watched: version == Version::HTTP_2 && tells_its_end::<B>() }
    }
}

#[cfg(feature = "hyper")]
fn tells_its_end<B>() -> bool {
    use crate::resume::ResumeBody;
    use hyper::body::Incoming;
    use std::any::type_name;

    // By name, because a `TypeId` would forbid bodies that borrow.
    let body = type_name::<B>();
    body == type_name::<Incoming>() || body == type_name::<ResumeBody<Incoming>>()
}

#[cfg(not(feature = "hyper"))]
fn tells_its_end<B>() -> bool {
    false
}

impl<B> Body for StreamEnd<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    #[inline]
    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut this = self.project();
        Poll::Ready(match ready!(this.inner.as_mut().poll_frame(cx)) {
            Some(Ok(frame)) => Some(Ok(frame)),
            Some(Err(error)) => Some(Err(error.into())),
            None if *this.watched && !is_whole(&*this.inner) => {
                *this.watched = false;
                Some(Err(
                    io::Error::new(io::ErrorKind::UnexpectedEof, "stream was reset before its end").into()
                ))
            }
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// At the end: by END_STREAM, or because nothing is left of the declared length.
fn is_whole(body: &impl Body) -> bool {
    body.is_end_stream() || body.size_hint().exact() == Some(0)
}
