use super::{Expired, LimitError, Watch, wait::Wait};
use bytes::Bytes;
use http::Version;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use pin_project_lite::pin_project;
#[cfg(feature = "hyper")]
use std::any::type_name;
use std::{
    io,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tower::BoxError;

pin_project! {
    /// A response's body, read within the limits of its call; `E` is the error that names them.
    ///
    /// Frames, trailers, size hint and end are the inner body's. When a limit passes, the inner body is dropped at
    /// once, the reader gets one `E`, and nothing after it.
    ///
    /// With the feature `hyper`, a body of hyper's over HTTP/2 that was reset without an error before its end fails with an
    /// [`io::Error`](std::io::Error) of the kind `UnexpectedEof`; hyper itself shows it as whole.
    #[derive(Debug)]
    pub struct LimitedBody<B, E> {
        // none once a limit has passed
        #[pin]
        inner: Option<B>,
        watch: Watch,
        // the end is one only if the body says so
        tells_its_end: bool,
        // none before the body has to wait; boxed, because most bodies never do and all of them are moved about
        wait: Option<Pin<Box<Wait>>>,
        error: PhantomData<fn() -> E>,
    }
}

// ===== impl LimitedBody =====

impl<B, E> LimitedBody<B, E> {
    /// `version` is that of the head: hyper's bodies of HTTP/1 do not say when a chunked one has ended.
    #[inline]
    pub(super) fn new(inner: B, version: Version, watch: Watch) -> Self {
        let tells_its_end = version == Version::HTTP_2 && tells_its_end::<B>();
        Self { inner: Some(inner), watch, tells_its_end, wait: None, error: PhantomData }
    }
}

impl<B, E> LimitedBody<B, E>
where
    B: Body,
    B::Error: Into<BoxError>,
    E: LimitError,
{
    /// The whole content in one piece, read within the limits; without a copy where it comes in one frame.
    ///
    /// How much that is, nobody bounds here: a content check below does.
    ///
    /// # Errors
    ///
    /// The body's, or that a limit passed.
    pub async fn into_bytes(self) -> Result<Bytes, BoxError> {
        Ok(self.collect().await?.to_bytes())
    }

    /// The content as text, see [`into_bytes`](Self::into_bytes).
    ///
    /// # Errors
    ///
    /// Those of `into_bytes`, and [`FromUtf8Error`](std::string::FromUtf8Error) for what is not UTF-8; a `charset` in the
    /// response's head is not looked at.
    pub async fn into_text(self) -> Result<String, BoxError> {
        Ok(String::from_utf8(self.into_bytes().await?.into())?)
    }

    /// The content as a value, see [`into_bytes`](Self::into_bytes).
    ///
    /// # Errors
    ///
    /// Those of `into_bytes`, and `serde_json`'s where the content is not such a value.
    #[cfg(feature = "json")]
    pub async fn into_json<T>(self) -> Result<T, BoxError>
    where
        T: serde_core::de::DeserializeOwned,
    {
        Ok(serde_json::from_slice(&self.into_bytes().await?)?)
    }
}

impl<B, E> Body for LimitedBody<B, E>
where
    B: Body,
    B::Error: Into<BoxError>,
    E: LimitError,
{
    type Data = B::Data;
    type Error = BoxError;

    #[inline]
    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        let mut this = self.as_mut().project();
        let Some(mut inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        match inner.as_mut().poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(wait) = this.wait {
                    wait.as_mut().end();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            // the timer goes with the body, which is dropped now as a rule: letting it go here cost ninety
            // instructions in every body, waiting or not (measured)
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(None) if *this.tells_its_end && !is_whole(&*inner) => {
                *this.tells_its_end = false;
                Poll::Ready(Some(Err(reset_early())))
            }
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => self.poll_limits(cx).map(|expired| Some(Err(E::passed(expired).into()))),
        }
    }

    /// Not the end, when a limit has passed: what is missing did not arrive.
    #[inline]
    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_some_and(Body::is_end_stream)
    }

    #[inline]
    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

impl<B, E> LimitedBody<B, E> {
    // apart from the polling of the inner body, so that a frame that is there passes through little code
    #[inline(never)]
    fn poll_limits(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Expired> {
        let mut this = self.project();
        let expired = ready!(poll_wait(this.watch, this.wait, cx));
        // the inner body goes now, and its connection with it, not when the consumer gets round to it
        this.inner.set(None);
        *this.wait = None;
        Poll::Ready(expired)
    }
}

/// Whether `is_end_stream` of this type is true behind the true end of a body of HTTP/2, and false behind any other.
///
/// hyper ends such a body without an error when RST_STREAM(NO_ERROR) comes, because a server may end a stream so behind a
/// complete response (RFC 9113 section 8.1); without END_STREAM before it, the response is not complete. Other bodies may
/// never say so. Types are told apart by their names, because a `TypeId` would forbid bodies that borrow.
fn tells_its_end<B>() -> bool {
    #[cfg(feature = "hyper")]
    return type_name::<B>() == type_name::<hyper::body::Incoming>();
    #[cfg(not(feature = "hyper"))]
    false
}

/// At the end: by END_STREAM, or because nothing is left of the declared length.
fn is_whole(body: &impl Body) -> bool {
    body.is_end_stream() || body.size_hint().exact() == Some(0)
}

#[cold]
fn reset_early() -> BoxError {
    io::Error::new(io::ErrorKind::UnexpectedEof, "stream was reset before its end").into()
}

fn poll_wait(watch: &mut Watch, wait: &mut Option<Pin<Box<Wait>>>, cx: &mut Context<'_>) -> Poll<Expired> {
    if wait.is_none() && watch.watches_body() {
        *wait = Some(Box::pin(Wait::new(watch)));
    }
    match wait {
        Some(wait) => wait.as_mut().poll(watch, cx),
        None => Poll::Pending,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_grows_by_what_the_documentation_says() {
        let plain = size_of::<Option<u64>>();
        assert_eq!(size_of::<LimitedBody<u64, ()>>() - plain, 64);
    }
}
