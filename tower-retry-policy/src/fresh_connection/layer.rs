use super::FreshConnection;
use tower_layer::Layer;

/// Sends an attempt over a new connection when one before it broke: see the [module](super).
#[derive(Clone, Copy, Debug)]
pub struct FreshConnectionLayer<F> {
    fresh: F,
}

impl<F> FreshConnectionLayer<F> {
    /// `fresh` is the same client without a pool: it makes a connection for each request.
    pub const fn new(fresh: F) -> Self {
        Self { fresh }
    }
}

impl<S, F: Clone> Layer<S> for FreshConnectionLayer<F> {
    type Service = FreshConnection<S, F>;

    fn layer(&self, inner: S) -> Self::Service {
        FreshConnection::new(inner, self.fresh.clone())
    }
}
