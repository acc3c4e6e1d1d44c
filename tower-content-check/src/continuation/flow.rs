use super::{
    judging::Judging,
    splice::{Of, Splice, Surplus},
};
use crate::{Rejection, check::FlowCheck, range::trailers_of_the_whole};
use bytes::Bytes;
use http::HeaderMap;
use http_body::Frame;
use std::mem;

/// What becomes of the frames of one message after the other.
pub(super) struct Flow<C> {
    pub(super) splice: Splice,
    judging: Option<Judging<C>>,
    /// Length of the whole, where it is known.
    pub(super) length: Option<u64>,
    /// The frame that completes the whole, until the verdict.
    held: Option<Bytes>,
    // Rare, and a hundred bytes that every body would carry from place to place.
    trailers: Option<Box<HeaderMap>>,
}

/// Why a frame is not handed on.
pub(super) enum Fault {
    Surplus,
    Rejected(Rejection),
}

// ===== impl Flow =====

impl<C> Flow<C> {
    pub(super) fn new(splice: Splice, judging: Option<Judging<C>>, length: Option<u64>) -> Self {
        Self { splice, judging, length, held: None, trailers: None }
    }

    /// Bytes that the reader has got.
    pub(super) fn delivered(&self) -> u64 {
        self.splice.delivered - self.held_len()
    }

    pub(super) fn held_len(&self) -> u64 {
        self.held.as_ref().map_or(0, |held| held.len() as u64)
    }

    /// Whether nothing is missing, as far as is known.
    pub(super) fn is_whole(&self) -> bool {
        self.length == Some(self.splice.delivered)
    }

    /// What was kept back, once the verdict is known.
    pub(super) fn pop(&mut self) -> Option<Frame<Bytes>> {
        if let Some(held) = self.held.take() {
            return Some(Frame::data(held));
        }
        self.trailers.take().map(|trailers| Frame::trailers(*trailers))
    }

    pub(super) fn is_finished(&self) -> bool {
        self.held.is_none() && self.trailers.is_none()
    }

    pub(super) fn discard(&mut self) {
        (self.held, self.trailers) = (None, None);
    }

    /// What another message said behind its content is not true of the next one.
    pub(super) fn next(&mut self, of: Of, skip: u64, left: Option<u64>) {
        self.trailers = None;
        self.splice.next(of, skip, left);
    }
}

impl<C: FlowCheck + Clone> Flow<C> {
    /// Gives what is to be handed on now.
    #[inline]
    pub(super) fn frame(&mut self, frame: Frame<Bytes>) -> Result<Option<Bytes>, Fault> {
        match frame.into_data() {
            Ok(data) => self.data(data),
            Err(frame) => {
                if let Ok(trailers) = frame.into_trailers() {
                    self.trailers(trailers);
                }
                Ok(None)
            }
        }
    }

    #[inline]
    fn data(&mut self, data: Bytes) -> Result<Option<Bytes>, Fault> {
        if self.trailers.is_some() {
            return Err(Fault::Surplus);
        }
        let came = data.len();
        let data = self.splice.take(data)?;
        // All of it has come before.
        if came > 0 && data.is_empty() {
            return Ok(None);
        }
        let Some(judging) = &mut self.judging else { return Ok(Some(data)) };
        judging.frame(&data).map_err(Fault::Rejected)?;
        if self.length.is_none_or(|length| self.splice.delivered < length) {
            return Ok(Some(data));
        }
        Ok(if data.is_empty() { None } else { self.held.replace(data) })
    }

    fn trailers(&mut self, trailers: HeaderMap) {
        let trailers = match self.splice.of {
            Of::Whole => trailers,
            Of::Part => trailers_of_the_whole(trailers),
        };
        match &mut self.trailers {
            Some(earlier) => earlier.extend(trailers),
            none => *none = Some(Box::new(trailers)),
        }
    }

    /// The verdict on the whole.
    pub(super) fn end(&mut self) -> Result<(), Rejection> {
        let trailers = mem::take(&mut self.trailers);
        self.trailers = match &mut self.judging {
            Some(judging) => judging.end(self.splice.delivered, trailers)?,
            None => trailers,
        };
        Ok(())
    }
}

impl From<Surplus> for Fault {
    fn from(_: Surplus) -> Self {
        Self::Surplus
    }
}
