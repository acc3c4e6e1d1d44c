use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::{
    collections::VecDeque,
    io::{Error, ErrorKind},
    pin::Pin,
    task::{Context, Poll},
};

/// Frames that are there, and then an end.
#[derive(Debug)]
pub(crate) struct Frames {
    frames: VecDeque<Bytes>,
    end: End,
    /// What is said of the length beforehand.
    length: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Whole,
    Broken,
    Silence,
}

impl Frames {
    pub(crate) fn new(frames: impl IntoIterator<Item = Bytes>, end: End, length: Option<usize>) -> Self {
        let frames = frames.into_iter().filter(|frame| !frame.is_empty()).collect();
        Self { frames, end, length: length.map(|length| length as u64) }
    }

    pub(crate) fn none() -> Self {
        Self::new([], End::Whole, Some(0))
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match (self.frames.pop_front(), self.end) {
            (Some(frame), _) => {
                self.length = self.length.map(|length| length - frame.len() as u64);
                Poll::Ready(Some(Ok(Frame::data(frame))))
            }
            (None, End::Whole) => Poll::Ready(None),
            (None, End::Broken) => Poll::Ready(Some(Err(ErrorKind::Other.into()))),
            (None, End::Silence) => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_empty() && self.end == End::Whole
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
