use super::{
    expected::Expected,
    fault::JsonFault,
    nesting::{Container, Nesting},
    state::State,
    walk::Walk,
};
use crate::partial::Partial;

/// Tells whether content is JSON while it arrives, see [the module](super).
#[derive(Clone, Debug)]
pub struct JsonValidator {
    state: State,
    pub(super) nesting: Nesting,
    pub(super) max_depth: u32,
    pub(super) partial: Partial,
    /// Bytes before the frame at hand.
    offset: u64,
    line: u64,
    /// Where the line at hand begins.
    line_start: u64,
    fault: Option<JsonFault>,
}

// ===== impl JsonValidator =====

impl JsonValidator {
    /// Expects one JSON text, with arrays and objects up to 127 levels deep.
    ///
    /// So many a `serde_json::Value` can have: what is accepted here can be parsed there.
    pub fn new() -> Self {
        Self {
            state: State::Value,
            nesting: Nesting::default(),
            max_depth: 127,
            partial: Partial::default(),
            offset: 0,
            line: 1,
            line_start: 0,
            fault: None,
        }
    }

    /// Sets how many arrays and objects may be open at once. Each level costs one bit of memory.
    #[must_use]
    pub fn max_depth(mut self, max_depth: u32) -> Self {
        self.max_depth = max_depth;
        self
    }

    /// Judges the next portion.
    ///
    /// # Errors
    ///
    /// The fault, as soon as it shows; it is repeated for whatever follows.
    #[inline]
    pub fn push(&mut self, data: &[u8]) -> Result<(), JsonFault> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        let state = self.state;
        Walk::new(data, self).run(state);
        match &self.fault {
            Some(fault) => Err(fault.clone()),
            None => {
                self.offset += data.len() as u64;
                Ok(())
            }
        }
    }

    /// Judges the end.
    ///
    /// # Errors
    ///
    /// The fault found earlier, or what is missing at the end.
    pub fn finish(&self) -> Result<(), JsonFault> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        match self.missing() {
            Some(expected) => Err(self.fault_at(self.offset, expected, true)),
            None => Ok(()),
        }
    }

    fn missing(&self) -> Option<Expected> {
        match self.state {
            State::AfterValue => self.unclosed(),
            State::Number(digits) if digits.may_end() => self.unclosed(),
            State::Number(_) => Some(Expected::Digit),
            State::Value | State::FirstValue => Some(Expected::Value),
            State::FirstKey => Some(Expected::KeyOrBrace),
            State::Key => Some(Expected::Key),
            State::Colon => Some(Expected::Colon),
            State::String(_) => Some(Expected::StringEnd),
            State::Escape(_) => Some(Expected::Escape),
            State::Hex(..) => Some(Expected::HexDigit),
            State::Literal(word, _) => Some(Expected::Literal(word)),
        }
    }

    fn unclosed(&self) -> Option<Expected> {
        self.nesting.innermost().map(|container| match container {
            Container::Array => Expected::CommaOrBracket,
            Container::Object => Expected::CommaOrBrace,
        })
    }

    /// A line begins at this place of the frame.
    #[inline(always)]
    pub(super) fn begin_line(&mut self, at: usize) {
        self.line += 1;
        self.line_start = self.offset + at as u64;
    }

    /// The frame ends here.
    #[inline]
    pub(super) fn pause(&mut self, state: State) {
        self.state = state;
    }

    /// The content is not JSON from this place of the frame on; it may be before the frame.
    #[cold]
    pub(super) fn fail(&mut self, at: isize, expected: Expected) {
        let offset = self.offset.saturating_add_signed(at as i64);
        self.fault = Some(self.fault_at(offset, expected, false));
    }

    fn fault_at(&self, offset: u64, expected: Expected, at_end: bool) -> JsonFault {
        JsonFault { offset, line: self.line, column: offset - self.line_start + 1, expected, at_end }
    }
}

impl Default for JsonValidator {
    fn default() -> Self {
        Self::new()
    }
}
