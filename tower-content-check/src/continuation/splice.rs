use bytes::{Buf, Bytes};

/// Where one message stands in the whole: what of it is new, and how much may come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Splice {
    /// Bytes of the whole that have come, in order and each once.
    pub(super) delivered: u64,
    /// Bytes of this message still to come that have come before.
    skip: u64,
    /// New bytes that this message may still bring, where that is known.
    left: Option<u64>,
    pub(super) of: Of,
}

/// What the message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Whole,
    Part,
}

/// More came than was announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Surplus;

// ===== impl Splice =====

impl Splice {
    /// At the beginning of the whole, of this length where it is known and counts.
    pub(super) fn new(length: Option<u64>) -> Self {
        Self { delivered: 0, skip: 0, left: length, of: Of::Whole }
    }

    /// The next message.
    pub(super) fn next(&mut self, of: Of, skip: u64, left: Option<u64>) {
        (self.of, self.skip, self.left) = (of, skip, left);
    }

    /// What is new of the data. Of a frame that brings too much nothing is taken: it is not known where it went wrong.
    #[inline]
    pub(super) fn take(&mut self, mut data: Bytes) -> Result<Bytes, Surplus> {
        if self.skip > 0 {
            let known = usize::try_from(self.skip).unwrap_or(usize::MAX).min(data.len());
            data.advance(known);
            self.skip -= known as u64;
        }
        let len = data.len() as u64;
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(len).ok_or(Surplus)?;
        }
        self.delivered = self.delivered.saturating_add(len);
        Ok(data)
    }

    /// Whether all of the message has come, given that it is at its end.
    pub(super) fn is_complete(&self) -> bool {
        self.skip == 0 && self.left.is_none_or(|left| left == 0)
    }

    /// Whether all of the message has come, as it announced.
    pub(super) fn is_proven(&self) -> bool {
        self.skip == 0 && self.left == Some(0)
    }
}
