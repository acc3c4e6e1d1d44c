use super::ConnectTimeout;
use hyper_util::client::legacy::Client;
use std::time::Duration;
use tower_layer::Layer;

/// Limits the time until a request has its connection: see the [module](super).
#[derive(Clone, Copy, Debug)]
pub struct ConnectTimeoutLayer {
    limit: Duration,
}

impl ConnectTimeoutLayer {
    /// Gives each request `limit` to get its connection.
    pub const fn new(limit: Duration) -> Self {
        Self { limit }
    }
}

impl<C, B> Layer<Client<C, B>> for ConnectTimeoutLayer {
    type Service = ConnectTimeout<Client<C, B>>;

    fn layer(&self, inner: Client<C, B>) -> Self::Service {
        ConnectTimeout::new(inner, self.limit)
    }
}
