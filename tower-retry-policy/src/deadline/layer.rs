use super::DeadlineService;
use std::time::Duration;
use tower_layer::Layer;

/// Gives every call a [`Deadline`](super::Deadline) and ends it when that passes: see the [module](super).
///
/// It stands outside the retry. A deadline that is in the request's extensions already holds if it is earlier.
#[derive(Clone, Copy, Debug)]
pub struct DeadlineLayer {
    limit: Duration,
}

impl DeadlineLayer {
    /// Each call has `limit`, from the call to the end of the response's body. Zero refuses every call.
    pub const fn new(limit: Duration) -> Self {
        Self { limit }
    }
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = DeadlineService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        DeadlineService::new(inner, self.limit)
    }
}
