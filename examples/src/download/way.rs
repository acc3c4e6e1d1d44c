//! What becomes of a body that breaks off.

/// One way to download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Way {
    /// Read inside the attempt; the next one begins at the first byte.
    Restart,
    /// Read inside the attempt; the next one asks for the rest (`ResumeLayer`).
    Resume,
    /// Read as it comes, and continued while it is read (`ContinueLayer`).
    Stream,
}

// ===== impl Way =====

impl Way {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Restart, Self::Resume, Self::Stream];

    /// In tables and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::Resume => "resume",
            Self::Stream => "stream",
        }
    }
}
