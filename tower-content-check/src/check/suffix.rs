use crate::{Check, End, Rejection};
use bytes::Bytes;

/// Accepts content that ends with given bytes, such as `</html>`: an end to be seen where no length is declared.
///
/// A part (206) is not judged, and an empty answer passes where [none is expected](crate::Head::expects_content).
#[derive(Clone, Debug)]
pub struct Suffix {
    bytes: Bytes,
}

// ===== impl Suffix =====

impl Suffix {
    /// Accepts what ends with `bytes`.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self { bytes: bytes.into() }
    }

    fn ends<'a>(&self, frames: impl DoubleEndedIterator<Item = &'a Bytes>) -> bool {
        let mut rest = &self.bytes[..];
        for frame in frames.rev() {
            let compared = rest.len().min(frame.len());
            let (before, expected) = rest.split_at(rest.len() - compared);
            if frame[frame.len() - compared..] != *expected {
                return false;
            }
            rest = before;
            if rest.is_empty() {
                break;
            }
        }
        rest.is_empty()
    }
}

impl Check for Suffix {
    fn end(&mut self, end: &mut End<'_>) -> Result<(), Rejection> {
        if !end.head().has_whole_content() || end.has_no_content() || self.ends(end.frames()) {
            return Ok(());
        }
        Err(Rejection::transient("content does not end as it must").unless_repeated())
    }
}
