use crate::{
    Check, End, Head, Rejection, Verdict,
    json::{JsonFault, JsonValidator},
};
use bytes::Bytes;

/// Accepts content that is one JSON text (RFC 8259), whatever its `Content-Type` says.
///
/// The frames are judged as they arrive, see [`json`](crate::json); a fault ends the download where it shows. The
/// [`JsonFault`] is the source of the error.
///
/// A part (206) is not judged, and an empty answer passes where [none is expected](Head::expects_content).
#[derive(Clone, Debug)]
pub struct Json {
    validator: JsonValidator,
    verdict: Verdict,
    passes: bool,
}

// ===== impl Json =====

impl Json {
    /// Accepts JSON; anything else is transient, because it is mostly JSON that was cut.
    pub fn new() -> Self {
        Self { validator: JsonValidator::new(), verdict: Verdict::Transient, passes: false }
    }

    /// Sets the verdict on content that is not JSON.
    #[must_use]
    pub fn verdict(mut self, verdict: Verdict) -> Self {
        self.verdict = verdict;
        self
    }

    /// Sets how many arrays and objects may be open at once. Default: 127, see [`JsonValidator::new`].
    #[must_use]
    pub fn max_depth(mut self, max_depth: u32) -> Self {
        self.validator = self.validator.max_depth(max_depth);
        self
    }

    fn judgement(&self, outcome: Result<(), JsonFault>) -> Result<(), Rejection> {
        outcome.map_err(|fault| {
            Rejection::new(self.verdict, "content is not JSON").unless_repeated().with_source(fault)
        })
    }
}

impl Default for Json {
    fn default() -> Self {
        Self::new()
    }
}

impl Check for Json {
    fn head(&mut self, head: &Head<'_>) -> Result<(), Rejection> {
        self.passes = !head.has_whole_content();
        Ok(())
    }

    fn frame(&mut self, data: &Bytes) -> Result<(), Rejection> {
        if self.passes {
            return Ok(());
        }
        let outcome = self.validator.push(data);
        self.judgement(outcome)
    }

    fn end(&mut self, end: &mut End<'_>) -> Result<(), Rejection> {
        if self.passes || end.has_no_content() {
            return Ok(());
        }
        let outcome = self.validator.finish();
        self.judgement(outcome)
    }
}
