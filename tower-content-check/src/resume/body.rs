use super::watch::Watch;
use crate::{BoxError, frames::Frames};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

pin_project! {
    /// The body of [`Resume`](super::Resume): what came before, then what comes now.
    ///
    /// A body that can be continued ends with an error where fewer bytes come than its head announces.
    pub struct ResumeBody<B> {
        before: Frames,
        #[pin]
        inner: Option<B>,
        watch: Option<Watch>,
    }
}

// ===== impl ResumeBody =====

impl<B> ResumeBody<B> {
    pub(super) fn unwatched(inner: B) -> Self {
        Self { before: Frames::default(), inner: Some(inner), watch: None }
    }

    pub(super) fn watched(before: Frames, inner: B, watch: Watch) -> Self {
        Self { before, inner: Some(inner), watch: Some(watch) }
    }

    /// Nothing is to come.
    pub(super) fn complete(before: Frames) -> Self {
        Self { before, inner: None, watch: None }
    }
}

impl<B> Body for ResumeBody<B>
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
        let mut this = self.project();
        if let Some(frame) = this.before.pop() {
            return Poll::Ready(Some(Ok(frame)));
        }
        let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        let frame = ready!(inner.poll_frame(cx)).map(|result| result.map_err(Into::into));
        let Some(watch) = this.watch else { return Poll::Ready(frame) };
        let last = match frame {
            Some(Ok(frame)) => match watch.frame(frame) {
                Ok(frame) => return Poll::Ready(Some(Ok(frame))),
                Err(rejection) => Some(Err(rejection.into())),
            },
            Some(Err(error)) => {
                watch.broke_off();
                Some(Err(error))
            }
            None => match watch.ended() {
                // Nothing but the body itself can say whether this is its end.
                Ok(()) if !watch.knows_length() => {
                    *this.watch = None;
                    return Poll::Ready(None);
                }
                ended => ended.err().map(|rejection| Err(rejection.into())),
            },
        };
        *this.watch = None;
        this.inner.set(None);
        Poll::Ready(last)
    }

    fn is_end_stream(&self) -> bool {
        // The end of a watched body is told by polling it, because a body that ends too early is to be kept.
        self.before.is_finished()
            && self.watch.is_none()
            && self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint);
        self.before.size_hint_with(&rest)
    }
}

impl<B> fmt::Debug for ResumeBody<B> {
    /// Shows how much is here, and no content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResumeBody")
            .field("before", &self.before.len())
            .field("watch", &self.watch)
            .finish_non_exhaustive()
    }
}
