use bytes::{Bytes, BytesMut};
use http::HeaderMap;

/// Frames that are shorter are copied together.
///
/// A frame keeps alive the whole buffer into which it was read (8 KiB and more in hyper), so a client that sends a
/// byte at a time would make a record of 64 KiB hold 512 MiB. 2 KiB lets what comes in packets of 1.5 kB be copied,
/// at 40 ns each, and bounds the excess to a factor of four.
const COPIED_BELOW: usize = 2 * 1024;

/// The block into which short frames are copied.
const BLOCK: usize = 8 * 1024;

/// What was sent, to be sent again: the handles to the buffers, and short ones copied together.
///
/// It is read by position, so that readers need not know how it is cut.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// Most bodies have one frame: it is kept as it is, and needs no allocation.
    first: Bytes,
    /// With the position at which each ends.
    further: Vec<(u64, Bytes)>,
    /// The end that is not full yet.
    block: BytesMut,
    len: u64,
    trailers: Option<Box<HeaderMap>>,
}

impl Record {
    #[inline]
    pub(super) fn push(&mut self, data: &Bytes) {
        if data.is_empty() {
            return;
        }
        if self.len == 0 {
            self.first = data.clone();
        } else if data.len() < COPIED_BELOW {
            self.copy(data);
        } else {
            if !self.block.is_empty() {
                self.close_block();
            }
            self.further.push((self.len + data.len() as u64, data.clone()));
        }
        self.len += data.len() as u64;
    }

    fn copy(&mut self, data: &[u8]) {
        if self.block.capacity() - self.block.len() < data.len() {
            self.close_block();
            self.block.reserve(BLOCK);
        }
        self.block.extend_from_slice(data);
    }

    pub(super) fn push_trailers(&mut self, trailers: &HeaderMap) {
        self.trailers = Some(Box::new(trailers.clone()));
    }

    /// The bytes of data, not of trailers.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn trailers(&self) -> Option<&HeaderMap> {
        self.trailers.as_deref()
    }

    /// What comes at this position, as much of it as lies together; nothing at the end.
    pub(super) fn at(&mut self, position: u64) -> Bytes {
        if position < self.first.len() as u64 {
            return self.first.slice(position as usize..);
        }
        self.close_block();
        let index = self.further.partition_point(|(end, _)| *end <= position);
        let Some((end, data)) = self.further.get(index) else { return Bytes::new() };
        let left = (end - position) as usize;
        data.slice(data.len() - left..)
    }

    fn close_block(&mut self) {
        if !self.block.is_empty() {
            self.further.push((self.len, self.block.split().freeze()));
        }
    }
}
