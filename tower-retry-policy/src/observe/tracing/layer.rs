use super::RetrySpan;
use tower_layer::Layer;

/// Opens a span around all attempts of a call: see the [module](super).
#[derive(Clone, Copy, Debug, Default)]
pub struct RetrySpanLayer {
    _private: (),
}

impl RetrySpanLayer {
    /// A span of level `INFO` for each call.
    pub const fn new() -> Self {
        Self { _private: () }
    }
}

impl<S> Layer<S> for RetrySpanLayer {
    type Service = RetrySpan<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RetrySpan::new(inner)
    }
}
