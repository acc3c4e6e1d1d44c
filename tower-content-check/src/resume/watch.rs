use super::{record::Record, resumable::Resumable};
use crate::{
    Rejection,
    range::{Part, trailers_of_the_whole},
};
use bytes::{Buf, Bytes};
use http_body::Frame;

/// Follows a body that the next attempt might continue.
#[derive(Debug)]
pub(super) struct Watch {
    resumable: Resumable,
    /// Nothing once more has come than may be held.
    record: Option<Record>,
    /// Bytes that may yet be held.
    room: u64,
    expected: Expected,
}

/// What the head announces.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    /// Bytes to come that have come before.
    skip: u64,
    /// New bytes that are to come, where that is known.
    left: Option<u64>,
    of: Of,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Whole,
    /// The last part of the whole.
    Rest,
    /// A part that ends before the whole does, or not provably with it.
    Piece,
}

// ===== impl Watch =====

impl Watch {
    pub(super) fn new(resumable: Resumable, record: Record, room: u64, expected: Expected) -> Self {
        Self { resumable, record: Some(record), room, expected }
    }

    pub(super) fn frame(&mut self, frame: Frame<Bytes>) -> Result<Frame<Bytes>, Rejection> {
        let data = match frame.into_data() {
            Ok(data) => data,
            Err(frame) => return Ok(self.trailers(frame)),
        };
        let data = self.expected.came(data)?;
        let len = data.len() as u64;
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

    /// The body failed: whatever is missing can be asked for. Where nothing is missing there is nothing to keep.
    pub(super) fn broke_off(&mut self) {
        if let Some(record) = self.record.take() {
            self.resumable.keep(record);
        }
    }

    /// The body ended by itself, which does not say that it is whole.
    pub(super) fn ended(&mut self) -> Result<(), Rejection> {
        let ended = self.expected.ended();
        if ended.is_err() {
            self.broke_off();
        }
        ended
    }

    /// Whether it is known how much was to come.
    pub(super) fn knows_length(&self) -> bool {
        self.expected.left.is_some()
    }

    /// Trailers of a part describe the part; those of its fields that describe a message are not true of the whole.
    fn trailers(&self, frame: Frame<Bytes>) -> Frame<Bytes> {
        if self.expected.of == Of::Whole {
            return frame;
        }
        match frame.into_trailers() {
            Ok(trailers) => Frame::trailers(trailers_of_the_whole(trailers)),
            Err(frame) => frame,
        }
    }
}

// ===== impl Expected =====

impl Expected {
    /// A complete response, of this length where it is known.
    pub(super) fn whole(complete: Option<u64>) -> Self {
        Self { skip: 0, left: complete, of: Of::Whole }
    }

    /// What follows `record`.
    pub(super) fn part(record: &Record, part: Part) -> Self {
        let of = match part.complete {
            Some(complete) if complete == record.len() + part.len => Of::Rest,
            _ => Of::Piece,
        };
        Self { skip: part.skip, left: Some(part.len), of }
    }

    /// Gives what is new of it.
    fn came(&mut self, mut data: Bytes) -> Result<Bytes, Rejection> {
        if self.skip > 0 {
            let known = usize::try_from(self.skip).unwrap_or(usize::MAX).min(data.len());
            data.advance(known);
            self.skip -= known as u64;
        }
        let Some(left) = self.left else { return Ok(data) };
        match left.checked_sub(data.len() as u64) {
            Some(less) => self.left = Some(less),
            // A whole that is too long is for the checks to judge.
            None if self.of == Of::Whole => self.left = Some(0),
            None => return Err(Rejection::cut("the rest of the body is longer than its range")),
        }
        Ok(data)
    }

    fn ended(self) -> Result<(), Rejection> {
        match (self.of, self.left) {
            (Of::Whole, None | Some(0)) | (Of::Rest, Some(0)) => Ok(()),
            (Of::Whole, _) => Err(Rejection::cut("body ended before its declared length")),
            (_, Some(0)) => Err(Rejection::cut("the range that was sent is not known to go to the end")),
            _ => Err(Rejection::cut("the rest of the body ended before the end of its range")),
        }
    }
}
