use super::{DEFAULT_LIMIT, ReplayBodyService};
use tower_layer::Layer;

/// Makes the body of each request one that can be sent again: see the [module](super).
///
/// It stands outside the retry.
#[derive(Clone, Copy, Debug)]
pub struct ReplayBodyLayer {
    limit: usize,
}

impl ReplayBodyLayer {
    /// Records up to 64 KiB of each body.
    ///
    /// That is what linkerd chose for its proxies: most requests of an API are shorter, and a thousand at a time
    /// hold 64 MiB at the most.
    pub const fn new() -> Self {
        Self { limit: DEFAULT_LIMIT }
    }

    /// Records up to `bytes` of each body, trailers included. Longer bodies are sent once.
    ///
    /// With 0 nothing is recorded, and only a body of which nothing was read can be sent again.
    #[must_use]
    pub const fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }
}

impl Default for ReplayBodyLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for ReplayBodyLayer {
    type Service = ReplayBodyService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ReplayBodyService::new(inner, self.limit)
    }
}
