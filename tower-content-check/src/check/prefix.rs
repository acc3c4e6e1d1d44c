use crate::{Check, End, Head, Rejection};
use bytes::Bytes;

/// Accepts content that begins with given bytes, such as the `%PDF-` of a document.
///
/// A part (206) is not judged, and an empty answer passes where [none is expected](Head::expects_content).
#[derive(Clone, Debug)]
pub struct Prefix {
    rest: Bytes,
}

// ===== impl Prefix =====

impl Prefix {
    /// Accepts what begins with `bytes`.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self { rest: bytes.into() }
    }
}

impl Check for Prefix {
    fn head(&mut self, head: &Head<'_>) -> Result<(), Rejection> {
        if !head.has_whole_content() {
            self.rest = Bytes::new();
        }
        Ok(())
    }

    fn frame(&mut self, data: &Bytes) -> Result<(), Rejection> {
        let compared = self.rest.len().min(data.len());
        let expected = self.rest.split_to(compared);
        if data[..compared] == expected { Ok(()) } else { Err(wrong()) }
    }

    fn end(&mut self, end: &mut End<'_>) -> Result<(), Rejection> {
        if self.rest.is_empty() || end.has_no_content() { Ok(()) } else { Err(wrong()) }
    }
}

fn wrong() -> Rejection {
    Rejection::transient("content does not begin as it must").unless_repeated()
}
