use crate::{Check, End, Head, Rejection, partial::Partial};
use bytes::Bytes;

/// Accepts content that is UTF-8, whatever its `Content-Type` says of a charset.
///
/// A part (206) may begin and end within a character and is not judged.
#[derive(Clone, Debug, Default)]
pub struct Utf8 {
    partial: Partial,
    received: u64,
    passes: bool,
}

// ===== impl Utf8 =====

impl Utf8 {
    /// Accepts UTF-8; a byte order mark is a character like any other.
    pub fn new() -> Self {
        Self::default()
    }

    fn check(&mut self, data: &[u8], more: bool) -> Result<(), Rejection> {
        match self.partial.check(data, more) {
            Ok(()) => {
                self.received = self.received.saturating_add(data.len() as u64);
                Ok(())
            }
            Err(fault) => {
                let at = self.received.saturating_add_signed(fault.at as i64);
                Err(Rejection::transient(format!("content is not UTF-8 at byte {at}")).unless_repeated())
            }
        }
    }
}

impl Check for Utf8 {
    fn head(&mut self, head: &Head<'_>) -> Result<(), Rejection> {
        self.passes = !head.has_whole_content();
        Ok(())
    }

    fn frame(&mut self, data: &Bytes) -> Result<(), Rejection> {
        if self.passes {
            return Ok(());
        }
        self.check(data, true)
    }

    fn end(&mut self, _: &mut End<'_>) -> Result<(), Rejection> {
        self.check(b"", false)
    }
}
