use super::{Hedge, Retry, hedge::Hedging};
use crate::RetryPolicy;
use std::sync::Arc;
use tower_layer::Layer;

/// Sends a request again by a [`RetryPolicy`]: see the [module](super).
#[derive(Clone, Debug)]
pub struct RetryLayer {
    policy: RetryPolicy,
    hedge: Option<Arc<Hedging>>,
}

// ===== impl RetryLayer =====

impl RetryLayer {
    /// Attempts by this policy, one after the other.
    pub const fn new(policy: RetryPolicy) -> Self {
        Self { policy, hedge: None }
    }

    /// The same with another policy, made of this one.
    #[cfg(all(feature = "content-check", feature = "tonic"))]
    pub(crate) fn map_policy(self, map: impl FnOnce(RetryPolicy) -> RetryPolicy) -> Self {
        Self { policy: map(self.policy), ..self }
    }

    /// Lets attempts overlap: see [`Hedge`]. By default none do.
    ///
    /// All services of this layer share what it learns of latencies.
    #[must_use]
    pub fn hedge(self, hedge: Hedge) -> Self {
        Self { hedge: Some(Arc::new(Hedging::new(hedge))), ..self }
    }
}

impl<S> Layer<S> for RetryLayer {
    type Service = Retry<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Retry::with(inner, self.policy.clone(), self.hedge.clone())
    }
}
