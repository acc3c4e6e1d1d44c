use crate::{BoxError, frames::Frames, stream_end::StreamEnd};
use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll},
};

pin_project! {
    /// The body of a response that has passed [`ContentCheck`](crate::ContentCheck).
    ///
    /// Of a judged response it holds the frames as they came, except that many short ones are joined, and the trailers; it
    /// cannot fail any more. The body of a response that is not judged is handed on as it comes.
    ///
    /// It is a [`Body`] like any other; [`into_bytes`](Self::into_bytes) and its companions join the frames.
    #[derive(Debug)]
    pub struct CheckedBody<B> {
        frames: Frames,
        #[pin]
        rest: Rest<B>,
    }
}

pin_project! {
    #[project = RestProj]
    #[derive(Debug)]
    enum Rest<B> {
        Nothing,
        Unread { #[pin] body: StreamEnd<B> },
        Begun { body: Pin<Box<StreamEnd<B>>> },
        Failed { error: Option<BoxError> },
    }
}

// ===== impl CheckedBody =====

impl<B> CheckedBody<B> {
    pub(crate) fn kept(frames: Frames) -> Self {
        Self { frames, rest: Rest::Nothing }
    }

    pub(crate) fn passed_on(body: StreamEnd<B>) -> Self {
        Self { frames: Frames::default(), rest: Rest::Unread { body } }
    }

    pub(crate) fn begun(frames: Frames, body: Pin<Box<StreamEnd<B>>>) -> Self {
        Self { frames, rest: Rest::Begun { body } }
    }

    pub(crate) fn failed(frames: Frames, error: BoxError) -> Self {
        Self { frames, rest: Rest::Failed { error: Some(error) } }
    }

    /// Whether all of the body is here: nothing has to be waited for, and nothing can fail.
    ///
    /// So it is for every judged response, and for one that was read to its end to free the connection.
    pub fn is_complete(&self) -> bool {
        matches!(self.rest, Rest::Nothing)
    }

    /// The frames that are here and not yet taken, in order.
    pub fn frames(&self) -> impl ExactSizeIterator<Item = &Bytes> {
        self.frames.iter()
    }

    /// The trailers, where there were any and they are here.
    pub fn trailers(&self) -> Option<&HeaderMap> {
        self.frames.trailers()
    }
}

impl<B> CheckedBody<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    /// The content in one piece; without a copy when it came in one frame.
    ///
    /// Ready at once when the body [is complete](Self::is_complete); otherwise the rest is read first.
    ///
    /// # Errors
    ///
    /// Only that of a body that was not judged.
    pub async fn into_bytes(self) -> Result<Bytes, BoxError> {
        if self.is_complete() {
            return Ok(self.frames.join());
        }
        let mut whole = Frames::default();
        let mut body = pin!(self);
        while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
            whole.push_frame(frame?);
        }
        Ok(whole.join())
    }

    /// The content as text, see [`into_bytes`](Self::into_bytes).
    ///
    /// # Errors
    ///
    /// [`FromUtf8Error`](std::string::FromUtf8Error) when it is not UTF-8; whatever `charset` the response
    /// states is not looked at.
    pub async fn into_text(self) -> Result<String, BoxError> {
        Ok(String::from_utf8(self.into_bytes().await?.into())?)
    }

    /// The content as a value, see [`into_bytes`](Self::into_bytes).
    ///
    /// # Errors
    ///
    /// That of `serde_json`, when the content is not such a value.
    #[cfg(feature = "json")]
    pub async fn into_json<T>(self) -> Result<T, BoxError>
    where
        T: serde_core::de::DeserializeOwned,
    {
        Ok(serde_json::from_slice(&self.into_bytes().await?)?)
    }
}

impl<B> Body for CheckedBody<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.project();
        if let Some(frame) = this.frames.pop() {
            return Poll::Ready(Some(Ok(frame)));
        }
        match this.rest.project() {
            RestProj::Nothing => Poll::Ready(None),
            RestProj::Unread { body } => body.poll_frame(cx),
            RestProj::Begun { body } => body.as_mut().poll_frame(cx),
            RestProj::Failed { error } => Poll::Ready(error.take().map(Err)),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_finished()
            && match &self.rest {
                Rest::Nothing => true,
                Rest::Unread { body } => body.is_end_stream(),
                Rest::Begun { body } => body.is_end_stream(),
                Rest::Failed { error } => error.is_none(),
            }
    }

    fn size_hint(&self) -> SizeHint {
        let rest = match &self.rest {
            Rest::Nothing => SizeHint::with_exact(0),
            Rest::Unread { body } => body.size_hint(),
            Rest::Begun { body } => body.size_hint(),
            Rest::Failed { .. } => SizeHint::default(),
        };
        self.frames.size_hint_with(&rest)
    }
}
