use crate::{Check, Head, Rejection};
use bytes::Bytes;

/// Accepts a body of at most so many bytes; a longer one is rejected for good, as soon as `Content-Length` or the
/// frames show it.
///
/// The layer has a limit for its memory beside it ([`max_bytes`](crate::ContentCheckLayer::max_bytes)); this one
/// is about the content.
#[derive(Clone, Debug)]
pub struct MaxSize {
    max_bytes: u64,
    received: u64,
}

// ===== impl MaxSize =====

impl MaxSize {
    /// Accepts up to `max_bytes` bytes.
    pub fn new(max_bytes: u64) -> Self {
        Self { max_bytes, received: 0 }
    }

    fn accept(&self, bytes: u64) -> Result<(), Rejection> {
        if bytes <= self.max_bytes {
            return Ok(());
        }
        Err(Rejection::permanent(format!("body is longer than {} bytes", self.max_bytes)))
    }
}

impl Check for MaxSize {
    fn head(&mut self, head: &Head<'_>) -> Result<(), Rejection> {
        self.accept(head.declared_length().unwrap_or(0))
    }

    fn frame(&mut self, data: &Bytes) -> Result<(), Rejection> {
        self.received = self.received.saturating_add(data.len() as u64);
        self.accept(self.received)
    }

    fn needs_plain_content(&self) -> bool {
        false
    }
}
