use crate::request::owed;
use std::fmt;

/// What the caller got.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 2xx with the body that the call was owed, byte for byte.
    Whole,
    /// 2xx without a body.
    Empty,
    /// 2xx with another body, which is here.
    Wrong(String),
    /// Another status.
    Status(u16),
    /// 2xx, and then an error in the body.
    Cut(String),
    /// No response.
    Error(String),
    /// The server is silent, and nothing in this stack ends the call.
    Waits,
    /// The call has not ended, for no reason.
    Hangs,
}

// ===== impl Outcome =====

impl Outcome {
    pub(crate) fn of_content(content: &[u8], id: &str) -> Self {
        if content == owed(id).as_bytes() {
            Self::Whole
        } else if content.is_empty() {
            Self::Empty
        } else {
            Self::Wrong(String::from_utf8_lossy(content).into_owned())
        }
    }

    pub(crate) fn is_whole(&self) -> bool {
        *self == Self::Whole
    }

    /// The word that stands in the table.
    pub fn word(&self) -> String {
        match self {
            Self::Whole => "whole".to_owned(),
            Self::Empty => "empty".to_owned(),
            Self::Wrong(_) => "wrong".to_owned(),
            Self::Status(status) => status.to_string(),
            Self::Cut(_) => "cut".to_owned(),
            Self::Error(_) => "error".to_owned(),
            Self::Waits => "waits".to_owned(),
            Self::Hangs => "hangs".to_owned(),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.word())?;
        match self {
            Self::Wrong(text) | Self::Cut(text) | Self::Error(text) => write!(f, " ({text})"),
            Self::Whole | Self::Empty | Self::Status(_) | Self::Waits | Self::Hangs => Ok(()),
        }
    }
}
