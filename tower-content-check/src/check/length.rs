use crate::{Check, End, Head, Rejection, declared::Declared};
use bytes::Bytes;

/// Accepts a body that is as long as its head declared.
///
/// Clients that speak HTTP themselves report most cuts as a failure of the body, a missing last chunk and an
/// unfinished stream included; this check finds what is left: lengths that a client does not compare, or that
/// cannot be compared.
///
/// It compares the bytes as they come, so it belongs below a decompression layer.
#[derive(Clone, Debug, Default)]
pub struct Length {
    reject_close_delimited: bool,
    declared: Option<u64>,
    received: u64,
}

// ===== impl Length =====

impl Length {
    /// Accepts bodies of the declared length, and those without a length.
    pub fn new() -> Self {
        Self::default()
    }

    /// Rejects bodies that only the end of the connection ends: neither the client nor anybody else can tell
    /// whether such a body is whole.
    ///
    /// The rejection is permanent, because the way in which a server frames its answer would be the same next
    /// time. Not the default: old servers frame everything so, and a check of the content itself (JSON, digest)
    /// tells more.
    #[must_use]
    pub fn reject_close_delimited(mut self) -> Self {
        self.reject_close_delimited = true;
        self
    }
}

impl Check for Length {
    fn head(&mut self, head: &Head<'_>) -> Result<(), Rejection> {
        if head.declared == Declared::Invalid {
            return Err(Rejection::transient("content-length is no length"));
        }
        if self.reject_close_delimited && head.is_close_delimited() {
            return Err(Rejection::permanent("only the end of the connection ends the body"));
        }
        self.declared = head.declared_length();
        Ok(())
    }

    fn frame(&mut self, data: &Bytes) -> Result<(), Rejection> {
        self.received = self.received.saturating_add(data.len() as u64);
        match self.declared {
            Some(declared) if self.received > declared => {
                Err(Rejection::transient(format!("body is longer than its declared {declared} bytes")))
            }
            _ => Ok(()),
        }
    }

    fn end(&mut self, _: &mut End<'_>) -> Result<(), Rejection> {
        match self.declared {
            Some(declared) if self.received < declared => {
                Err(Rejection::cut("body ended before its declared length"))
            }
            _ => Ok(()),
        }
    }

    fn needs_plain_content(&self) -> bool {
        false
    }
}
