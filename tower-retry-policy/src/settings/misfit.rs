use super::tree::Tree;
use std::fmt;

/// A value that is not what its key asks for; the key is added by whoever knows it.
#[derive(Clone, Debug)]
pub(super) struct Misfit {
    expected: String,
    found: String,
}

// ===== impl Misfit =====

impl Misfit {
    pub(super) fn new(expected: impl Into<String>, found: &Tree) -> Self {
        Self { expected: expected.into(), found: found.shown() }
    }

    /// Something else would be right as well.
    pub(super) fn or(self, more: &str) -> Self {
        Self { expected: format!("{}, or {more}", self.expected), ..self }
    }

    /// The same of another value.
    pub(super) fn found(self, found: &Tree) -> Self {
        Self { found: found.shown(), ..self }
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found {}", self.expected, self.found)
    }
}
