/// What is settled for all bodies of a layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    /// Bytes that have to come until breaks are counted anew.
    pub(super) progress: u64,
    /// Bytes that one continuation may bring again.
    pub(super) skip: u64,
    /// Whether `Last-Modified` will do where there is no tag.
    pub(super) dates: bool,
}

// ===== impl Settings =====

impl Default for Settings {
    fn default() -> Self {
        Self { progress: 64 * 1024, skip: 1024 * 1024, dates: false }
    }
}
