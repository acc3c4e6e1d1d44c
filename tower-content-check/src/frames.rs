use crate::head::FieldNames;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use smallvec::SmallVec;
use std::{fmt, mem, slice};

/// The frames of a body: data first, then at most one set of trailers.
///
/// They are kept as handles to the buffers in which they arrived. Joining a body costs up to seven times a
/// `memcpy` of it (page faults of the new block), keeping its frames next to nothing; so they are joined only
/// when somebody asks.
#[derive(Clone, Default)]
pub(crate) struct Frames {
    // A body of a few kilobytes comes in one frame or two: the first read, with the head, and the rest.
    data: SmallVec<[Bytes; 2]>,
    /// Frames that were taken out at the front; an empty handle is left of each.
    taken: usize,
    len: u64,
    // Rare, and a hundred bytes that every body would carry from place to place.
    trailers: Option<Box<HeaderMap>>,
}

// ===== impl Frames =====

impl Frames {
    #[inline]
    pub(crate) fn push(&mut self, data: Bytes) {
        self.len += data.len() as u64;
        self.data.push(data);
    }

    pub(crate) fn last_mut(&mut self) -> Option<&mut Bytes> {
        self.data.last_mut()
    }

    /// The last `count` frames, which may be exchanged for others of the same content.
    pub(crate) fn last_many_mut(&mut self, count: usize) -> slice::IterMut<'_, Bytes> {
        let from = self.data.len().saturating_sub(count);
        self.data[from..].iter_mut()
    }

    /// All frames, which may be exchanged for others of the same content.
    pub(crate) fn data_mut(&mut self) -> slice::IterMut<'_, Bytes> {
        self.data.iter_mut()
    }

    /// Takes all data out, to be pushed again.
    pub(crate) fn take_data(&mut self) -> impl Iterator<Item = Bytes> + use<> {
        self.len = 0;
        mem::take(&mut self.data).into_iter()
    }

    /// Gives back the room of frames that did not come.
    pub(crate) fn shrink(&mut self) {
        if self.data.spilled() {
            self.data.shrink_to_fit();
        }
    }

    pub(crate) fn push_frame(&mut self, frame: Frame<Bytes>) {
        match frame.into_data().map_err(Frame::into_trailers) {
            Ok(data) => self.push(data),
            Err(Ok(trailers)) => self.push_trailers(trailers),
            // A kind of frame that http-body does not have yet says nothing about content.
            Err(Err(_)) => {}
        }
    }

    pub(crate) fn push_trailers(&mut self, trailers: HeaderMap) {
        match &mut self.trailers {
            Some(earlier) => earlier.extend(trailers),
            none => *none = Some(Box::new(trailers)),
        }
    }

    pub(crate) fn of_trailers(trailers: Option<Box<HeaderMap>>) -> Self {
        Self { trailers, ..Self::default() }
    }

    pub(crate) fn into_trailers(self) -> Option<Box<HeaderMap>> {
        self.trailers
    }

    /// Bytes of data, not of trailers.
    #[inline]
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    #[inline]
    pub(crate) fn count(&self) -> usize {
        self.data.len() - self.taken
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.count() == 0 && self.trailers.is_none()
    }

    pub(crate) fn trailers(&self) -> Option<&HeaderMap> {
        self.trailers.as_deref()
    }

    pub(crate) fn iter(&self) -> slice::Iter<'_, Bytes> {
        self.data[self.taken..].iter()
    }

    #[inline]
    pub(crate) fn pop(&mut self) -> Option<Frame<Bytes>> {
        if let Some(data) = self.data.get_mut(self.taken).map(mem::take) {
            self.taken += 1;
            self.len -= data.len() as u64;
            return Some(Frame::data(data));
        }
        self.trailers.take().map(|trailers| Frame::trailers(*trailers))
    }

    /// The size of these frames and of what comes behind them.
    pub(crate) fn size_hint_with(&self, rest: &SizeHint) -> SizeHint {
        let mut hint = SizeHint::new();
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(self.len));
        }
        hint.set_lower(rest.lower().saturating_add(self.len));
        hint
    }

    /// All data in one piece; without a copy when it came in one.
    pub(crate) fn join(&self) -> Bytes {
        match self.iter().as_slice() {
            [] => Bytes::new(),
            [one] => one.clone(),
            several => {
                let mut joined = BytesMut::with_capacity(usize::try_from(self.len).unwrap_or(0));
                several.iter().for_each(|frame| joined.extend_from_slice(frame));
                joined.freeze()
            }
        }
    }
}

/// Neither content nor the values of fields: a body is printed into logs together with whatever holds it.
impl fmt::Debug for Frames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frames")
            .field("frames", &self.count())
            .field("bytes", &self.len)
            .field("trailers", &self.trailers.as_ref().map(|fields| FieldNames(fields)))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_frame_is_joined_without_a_copy() {
        let frame = Bytes::from(vec![7; 100]);
        let mut frames = Frames::default();
        frames.push(frame.clone());
        assert_eq!(frames.join().as_ptr(), frame.as_ptr());
    }
}
