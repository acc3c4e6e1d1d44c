use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::{
    record::{OF_THE_MESSAGE, Record},
    resumable::Resumable,
};
use crate::{BoxError, Rejection, frames::Frames};

pin_project! {
    /// The body of [`Resume`](super::Resume): what came before, then what comes now.
    #[derive(Debug)]
    pub struct ResumeBody<B> {
        before: Frames,
        #[pin]
        inner: B,
        watch: Option<Watch>,
    }
}

/// Follows a body that the next attempt might continue.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) resumable: Resumable,
    /// Nothing once more has come than may be held.
    pub(super) record: Option<Record>,
    /// Bytes that may yet be held.
    pub(super) room: u64,
    /// Bytes that are to come where the body is the rest of one.
    pub(super) rest: Option<u64>,
}

// ===== impl ResumeBody =====

impl<B> ResumeBody<B> {
    pub(super) fn unwatched(inner: B) -> Self {
        Self { before: Frames::default(), inner, watch: None }
    }

    pub(super) fn watched(before: Frames, inner: B, watch: Watch) -> Self {
        Self { before, inner, watch: Some(watch) }
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
        let this = self.project();
        if let Some(frame) = this.before.pop() {
            return Poll::Ready(Some(Ok(frame)));
        }
        let frame = ready!(this.inner.poll_frame(cx)).map(|result| result.map_err(Into::into));
        let Some(watch) = this.watch else { return Poll::Ready(frame) };
        let frame = match frame {
            Some(Ok(frame)) => match watch.frame(frame) {
                Ok(frame) => return Poll::Ready(Some(Ok(frame))),
                Err(rejection) => Some(Err(rejection.into())),
            },
            Some(Err(error)) => {
                watch.ended_early();
                Some(Err(error))
            }
            None => {
                if watch.is_cut() {
                    watch.ended_early();
                }
                None
            }
        };
        *this.watch = None;
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        // The end of a watched body is told by polling it, because a body that ends too early is to be kept.
        self.before.is_finished() && self.watch.is_none() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.before.size_hint_with(&self.inner.size_hint())
    }
}

// ===== impl Watch =====

impl Watch {
    fn frame(&mut self, frame: Frame<Bytes>) -> Result<Frame<Bytes>, Rejection> {
        let data = match frame.into_data() {
            Ok(data) => data,
            Err(frame) => return Ok(self.trailers(frame)),
        };
        let len = data.len() as u64;
        if let Some(rest) = &mut self.rest {
            *rest = rest
                .checked_sub(len)
                .ok_or_else(|| Rejection::transient("the rest of the body is longer than its range"))?;
        }
        if let Some(record) = &mut self.record {
            match self.room.checked_sub(len) {
                Some(room) => {
                    self.room = room;
                    record.push(&data);
                }
                None => self.record = None,
            }
        }
        Ok(Frame::data(data))
    }

    /// Trailers of a part describe the part; those of its fields that describe a message are not true of the whole.
    fn trailers(&self, frame: Frame<Bytes>) -> Frame<Bytes> {
        if self.rest.is_none() {
            return frame;
        }
        match frame.into_trailers() {
            Ok(trailers) => Frame::trailers(without_fields_of_the_message(trailers)),
            Err(frame) => frame,
        }
    }

    /// Whether less has come than was declared; known only where a length was.
    fn is_cut(&self) -> bool {
        self.record
            .as_ref()
            .is_some_and(|record| record.complete.is_some_and(|complete| record.len() < complete))
    }

    /// Whatever is missing can be asked for; where nothing is missing there is nothing to keep.
    fn ended_early(&mut self) {
        if let Some(record) = self.record.take() {
            self.resumable.keep(record);
        }
    }
}

fn without_fields_of_the_message(mut trailers: HeaderMap) -> HeaderMap {
    OF_THE_MESSAGE.iter().for_each(|name| {
        trailers.remove(name);
    });
    trailers
}
