use serde_json::value::RawValue;

use crate::{Check, End, Rejection, Verdict};

/// Accepts content that is one JSON text (RFC 8259), whatever its `Content-Type` says.
#[derive(Clone, Debug)]
pub struct Json {
    verdict: Verdict,
}

// ===== impl Json =====

impl Json {
    /// Accepts JSON; anything else is transient, because it is mostly JSON that was cut.
    pub fn new() -> Self {
        Self { verdict: Verdict::Transient }
    }

    /// Sets the verdict on content that is not JSON.
    #[must_use]
    pub fn verdict(mut self, verdict: Verdict) -> Self {
        self.verdict = verdict;
        self
    }
}

impl Default for Json {
    fn default() -> Self {
        Self::new()
    }
}

impl Check for Json {
    fn end(&mut self, end: &mut End<'_>) -> Result<(), Rejection> {
        match serde_json::from_slice::<&RawValue>(&end.bytes()) {
            Ok(_) => Ok(()),
            Err(error) => Err(Rejection::new(self.verdict, "content is not JSON").with_source(error)),
        }
    }
}
