use http::StatusCode;
use std::{error::Error, fmt};

/// What is wrong with an answer, or with the body that it brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The content is not the one that it was.
    Changed(&'static str),
    /// There is none any more.
    Gone(StatusCode),
    /// A status that is neither.
    Status(StatusCode),
    /// Not the rest that was asked for.
    Refused(&'static str),
    /// The body ended, and bytes are missing.
    Short,
}

// ===== impl Failure =====

impl Failure {
    /// The status that was answered, where it says what is wrong.
    pub(super) fn status(self) -> Option<StatusCode> {
        match self {
            Self::Gone(status) | Self::Status(status) => Some(status),
            Self::Changed(_) | Self::Refused(_) | Self::Short => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed(reason) | Self::Refused(reason) => f.write_str(reason),
            Self::Gone(status) | Self::Status(status) => write!(f, "the rest was answered with {status}"),
            Self::Short => f.write_str("the body ended before its end"),
        }
    }
}

impl Error for Failure {}
