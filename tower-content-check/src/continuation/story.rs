use super::BreakKind;
use crate::one_line::one_line;
use std::{error::Error, fmt};

/// So many breaks are told: the first, and the last ones.
const MAX_RECORDS: usize = 10;

/// One break of a body, as it is told in a [`ContinueError`](super::ContinueError) and in
/// [`Continuations`](super::Continuations).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakRecord {
    number: u32,
    kind: BreakKind,
    offset: u64,
    cause: Box<str>,
}

/// The breaks of a body. It holds a bounded number, however many there are.
#[derive(Clone, Debug, Default)]
pub(super) struct Story(Vec<BreakRecord>);

// ===== impl BreakRecord =====

impl BreakRecord {
    pub(super) fn new(number: u32, kind: BreakKind, offset: u64, error: &(dyn Error + 'static)) -> Self {
        let mut text = error.to_string();
        let mut next = error.source();
        while let Some(cause) = next {
            text = text + ": " + &cause.to_string();
            next = cause.source();
        }
        Self { number, kind, offset, cause: one_line(text.into()).into() }
    }

    /// Which break it was; the first is 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// What failed.
    pub fn kind(&self) -> BreakKind {
        self.kind
    }

    /// Bytes that had come.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Why, with all causes, on one line of at most 200 characters.
    pub fn cause(&self) -> &str {
        &self.cause
    }
}

impl fmt::Display for BreakRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: {}", self.offset, self.cause)
    }
}

// ===== impl Story =====

impl Story {
    pub(super) fn push(&mut self, record: BreakRecord) {
        if self.0.len() == MAX_RECORDS {
            self.0.remove(1);
        }
        self.0.push(record);
    }

    pub(super) fn records(&self) -> &[BreakRecord] {
        &self.0
    }
}
