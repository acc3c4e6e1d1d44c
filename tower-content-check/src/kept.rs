use crate::frames::Frames;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use std::mem;

/// Shorter frames are copied together once there are several of them.
///
/// A handle and its share of the list take 32 to 64 bytes, and the buffer behind it 8 KiB and more, so a body of short
/// frames would hold many times its size. From 4 KiB on the handle does not matter, and whether the buffer does is looked
/// up.
const SHORT: usize = 4 * 1024;

/// So many short frames are kept as they came: most bodies have no more.
const FEW_SHORT: usize = 8;

/// The first block, and the smallest.
const MIN_BLOCK: usize = 4 * 1024;

/// The largest block.
const MAX_BLOCK: usize = 64 * 1024;

/// Frames that follow one another in memory this closely are parts of one buffer: between two chunks of HTTP/1.1 stands a
/// line with a length, between two frames of HTTP/2 a head of nine bytes.
const GAP: usize = 32;

/// The frames that are held of a body, in little more memory than they carry.
///
/// A frame is a part of its client's read buffer and keeps all of it alive. How large that is, a [`Bytes`] tells only
/// when nobody else has a part of the buffer. So each frame is looked at again when the next one has come: the client reads
/// into a new buffer by then, and if much of the old one is unused, the frame is copied. Frames that are short and many are
/// copied together.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    frames: Frames,
    short: usize,
    /// Short frames copied together; nothing while they are kept as they came.
    block: BytesMut,
    packing: bool,
    run: Run,
}

/// The last frames that lie in one buffer.
#[derive(Debug, Default)]
struct Run {
    end: usize,
    frames: usize,
    len: usize,
    /// The length of the longest run.
    longest: usize,
}

// ===== impl Kept =====

impl Kept {
    /// Bytes of data, not of trailers.
    #[inline]
    pub(crate) fn len(&self) -> u64 {
        self.frames.len() + self.block.len() as u64
    }

    pub(crate) fn trailers(&self) -> Option<&HeaderMap> {
        self.frames.trailers()
    }

    pub(crate) fn push_trailers(&mut self, trailers: HeaderMap) {
        self.frames.push_trailers(trailers);
    }

    /// Keeps the data; `left` is how much is to come behind it, where that is known.
    #[inline]
    pub(crate) fn push(&mut self, data: Bytes, left: Option<u64>) {
        if let Some(last) = self.frames.last_mut() {
            trim(last);
        }
        if data.len() >= SHORT {
            self.close_block();
            self.run.add(&data);
            self.frames.push(data);
            return;
        }
        self.short += 1;
        if self.short <= FEW_SHORT {
            self.run.add(&data);
            self.frames.push(data);
        } else {
            self.pack(&data, left);
        }
    }

    /// Copies a short frame into a block, and before the first one those that were kept as they came.
    fn pack(&mut self, data: &[u8], left: Option<u64>) {
        if !self.packing {
            self.packing = true;
            for earlier in self.frames.take_data() {
                if earlier.len() < SHORT {
                    self.copy(&earlier, None);
                } else {
                    self.close_block();
                    self.frames.push(earlier);
                }
            }
        }
        self.run = Run { longest: self.run.longest, ..Run::default() };
        self.copy(data, left);
    }

    fn copy(&mut self, data: &[u8], left: Option<u64>) {
        if self.block.capacity() - self.block.len() < data.len() {
            self.close_block();
            // A sixteenth of what is there may be unused.
            let size = usize::try_from(self.len() / 16).unwrap_or(MAX_BLOCK).clamp(MIN_BLOCK, MAX_BLOCK);
            let left = left.and_then(|left| usize::try_from(left).ok()).unwrap_or(MAX_BLOCK);
            self.block = BytesMut::with_capacity(size.min(data.len().saturating_add(left)));
        }
        self.block.extend_from_slice(data);
    }

    fn close_block(&mut self) {
        if !self.block.is_empty() {
            self.frames.push(mem::take(&mut self.block).freeze());
        }
    }

    /// Closes the last block and copies what holds more than it carries.
    pub(crate) fn finish(&mut self) -> &Frames {
        self.close_block();
        // The connection still has the buffer of the last frames. It is as large as the largest one before, so where they
        // fill much less of one they are copied; a body that came in one buffer is left in it.
        let Run { frames, len, longest, .. } = self.run;
        if longest >= SHORT && len < longest - longest / 8 {
            self.frames.last_many_mut(frames).for_each(|frame| *frame = Bytes::copy_from_slice(frame));
        }
        self.frames.data_mut().for_each(trim);
        self.frames.shrink();
        &self.frames
    }

    /// Gives up what is held.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn take(&mut self) -> Frames {
        self.finish();
        mem::take(self).frames
    }
}

/// Copies a frame whose buffer nobody else uses, if an eighth of that buffer or more is unused.
///
/// What lies before the frame in its buffer does not show, and is the head of the response at the most.
fn trim(frame: &mut Bytes) {
    match mem::take(frame).try_into_mut() {
        Ok(owned) => {
            let unused = owned.capacity() - owned.len();
            *frame = if unused > owned.len() / 8 { Bytes::copy_from_slice(&owned) } else { owned.freeze() };
        }
        Err(shared) => *frame = shared,
    }
}

// ===== impl Run =====

impl Run {
    #[inline]
    fn add(&mut self, data: &Bytes) {
        // Compared, never followed.
        let start = data.as_ptr() as usize;
        if !(self.end..self.end.saturating_add(GAP)).contains(&start) {
            (self.frames, self.len) = (0, 0);
        }
        self.end = start + data.len();
        self.frames += 1;
        self.len += data.len();
        self.longest = self.longest.max(self.len);
    }
}
