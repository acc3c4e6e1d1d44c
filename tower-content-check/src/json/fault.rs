use super::expected::Expected;
use std::{error::Error, fmt};

/// Where content stops being JSON, and what was expected there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonFault {
    pub(super) offset: u64,
    pub(super) line: u64,
    pub(super) column: u64,
    pub(super) expected: Expected,
    pub(super) at_end: bool,
}

// ===== impl JsonFault =====

impl JsonFault {
    /// Bytes of content before the fault.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The line of the fault, counted from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The place of the fault in its line, in bytes, counted from 1.
    pub fn column(&self) -> u64 {
        self.column
    }

    /// Whether the content ended where something more was expected: it may have been cut.
    pub fn is_end(&self) -> bool {
        self.at_end
    }

    /// What would have been right there, in words.
    pub fn expected(&self) -> String {
        self.expected.to_string()
    }
}

impl fmt::Display for JsonFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, line, column, expected, at_end } = self;
        write!(f, "expected {expected} ")?;
        if *at_end {
            f.write_str("and found the end ")?;
        }
        write!(f, "at line {line} column {column} (byte {offset})")
    }
}

impl Error for JsonFault {}
