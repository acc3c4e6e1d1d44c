use bytes::Bytes;

use crate::{Check, End, Rejection};

/// Accepts content that begins with given bytes, such as the `%PDF-` of a document.
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
    fn frame(&mut self, data: &Bytes) -> Result<(), Rejection> {
        let compared = self.rest.len().min(data.len());
        let expected = self.rest.split_to(compared);
        if data[..compared] == expected { Ok(()) } else { Err(wrong()) }
    }

    fn end(&mut self, _: &mut End<'_>) -> Result<(), Rejection> {
        if self.rest.is_empty() { Ok(()) } else { Err(wrong()) }
    }
}

fn wrong() -> Rejection {
    Rejection::transient("content does not begin as it must")
}
