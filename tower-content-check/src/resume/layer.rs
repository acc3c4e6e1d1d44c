use super::service::Resume;
use crate::settings::DEFAULT_MAX_BYTES;
use tower_layer::Layer;

/// Applies [`Resume`] to a service, see [the module](super).
#[derive(Clone, Debug)]
pub struct ResumeLayer {
    max_bytes: u64,
}

// ===== impl ResumeLayer =====

impl ResumeLayer {
    /// Continues bodies of which up to 16 MiB have come: as many as the content check holds by default.
    pub fn new() -> Self {
        Self { max_bytes: DEFAULT_MAX_BYTES }
    }

    /// Sets how many bytes are held for the next attempt at the most; a body that broke off behind them starts over.
    ///
    /// The content check above holds the same bytes, not a second copy of them.
    #[must_use]
    pub fn max_bytes(mut self, max_bytes: u64) -> Self {
        self.max_bytes = max_bytes;
        self
    }
}

impl Default for ResumeLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for ResumeLayer {
    type Service = Resume<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Resume { inner, max_bytes: self.max_bytes }
    }
}
