//! What a command leads to.

/// A name and what is in it.
pub type File = (String, Vec<u8>);

/// Files, a text for the terminal, and whether what was looked for was found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// The files by their names.
    pub files: Vec<File>,
    /// Files of an earlier run that would not belong to these.
    pub stale: Vec<&'static str>,
    /// What is printed.
    pub text: String,
    /// Whether there is an answer; where there is none, the text says what came near.
    pub found: bool,
}

impl Answer {
    /// An answer with these files and this text.
    #[must_use]
    pub fn new<N: Into<String>, C: Into<Vec<u8>>>(
        files: impl IntoIterator<Item = (N, C)>,
        text: String,
    ) -> Self {
        let files = files.into_iter().map(|(name, content)| (name.into(), content.into())).collect();
        Self { files, stale: Vec::new(), text, found: true }
    }
}
