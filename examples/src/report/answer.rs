//! What a question leads to.

/// Files, a text for the terminal, and whether what was looked for was found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// The files by their names.
    pub files: Vec<(String, String)>,
    /// What is printed.
    pub text: String,
    /// Whether there is an answer; where there is none, the text says what came near.
    pub found: bool,
}

impl Answer {
    /// An answer with these files and this text.
    #[must_use]
    pub fn new(files: Vec<(String, String)>, text: String) -> Self {
        Self { files, text, found: true }
    }
}
