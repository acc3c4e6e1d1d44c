use crate::{
    Check, End, Head, Rejection,
    range::{AskedRange, ContentRange},
};
use http::{StatusCode, header};

/// Accepts a part (206) that is the range of bytes that was asked for, and as long as it says.
///
/// A server may send another range than the one asked for (RFC 9110 section 14.2), and whoever puts parts together
/// without looking damages the whole. A complete answer (200) is accepted: the server may ignore `Range`. Answers to
/// several ranges at once, and ranges that are not of bytes, are not compared.
#[derive(Clone, Debug, Default)]
pub struct PartialContent {
    len: Option<u64>,
}

// ===== impl PartialContent =====

impl PartialContent {
    /// Accepts the part that was asked for.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Check for PartialContent {
    fn head(&mut self, head: &Head<'_>) -> Result<(), Rejection> {
        if head.status() != StatusCode::PARTIAL_CONTENT {
            return Ok(());
        }
        let Some(asked) = head.range() else {
            return Err(Rejection::transient("a part that was not asked for"));
        };
        let Some(asked) = AskedRange::parse(asked) else { return Ok(()) };
        let came = head.headers().get(header::CONTENT_RANGE).and_then(ContentRange::parse);
        let Some(came) = came else {
            return Err(Rejection::transient("a part without its range"));
        };
        if !asked.agrees_with(came) {
            return Err(Rejection::transient(format!(
                "bytes {}-{} are not the range that was asked for",
                came.first, came.last
            )));
        }
        self.len = Some(came.len());
        Ok(())
    }

    fn end(&mut self, end: &mut End<'_>) -> Result<(), Rejection> {
        match self.len {
            Some(len) if end.received() < len => {
                Err(Rejection::cut("part ended before the end of its range"))
            }
            Some(len) if end.received() > len => Err(Rejection::transient("part is longer than its range")),
            _ => Ok(()),
        }
    }

    fn needs_plain_content(&self) -> bool {
        false
    }
}
