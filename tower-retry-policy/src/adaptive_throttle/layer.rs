//! The configuration.

use super::{AdaptiveThrottle, history::History};
use crate::budget::Clock;
use std::{fmt, sync::Arc, time::Duration};
use tower_backoff::Draws;
use tower_layer::Layer;

/// Rejects requests on this side while the server rejects most of them; see the
/// [module documentation](crate::adaptive_throttle).
///
/// All services made by one layer and its clones share their counts: use one layer per server.
///
/// By default a response counts as accepted unless its status is 429 or 503, and an error counts as refused. The
/// server that answers 500 does its work, however badly; one that does not answer is taken for overloaded. A request
/// counts when its response's head or its error is there; one that is in flight or was dropped says nothing, so
/// time limits belong *inside* this layer, where they end a request by an error.
///
/// ```
/// use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
/// use tower_retry_policy::adaptive_throttle::{AdaptiveThrottleLayer, ThrottledError};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let overloaded = service_fn(async |_: http::Request<()>| {
///     let mut response = http::Response::new(());
///     *response.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
///     Ok::<_, std::convert::Infallible>(response)
/// });
/// let mut service = ServiceBuilder::new().layer(AdaptiveThrottleLayer::new()).service(overloaded);
///
/// let mut rejected = 0;
/// for _ in 0..1000 {
///     let response = service.ready().await.unwrap().call(http::Request::new(())).await;
///     rejected += u32::from(response.is_err_and(|error| error.is::<ThrottledError>()));
/// }
/// assert!(rejected > 900);
/// # }
/// ```
#[doc(alias = "circuit breaker")]
#[doc(alias = "rate limit")]
#[doc(alias = "load shedding")]
#[derive(Clone)]
pub struct AdaptiveThrottleLayer<A = DefaultAccept> {
    history: Arc<History>,
    accept: A,
    draws: Draws,
}

/// Which responses count as accepted by default: all but 429 and 503.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct DefaultAccept;

/// Decides which responses the server counts as having accepted; any closure over the status is one.
pub trait Accept {
    /// Whether a response with this status shows that the server took the request on.
    fn accepts(&self, status: http::StatusCode) -> bool;
}

// ===== impl AdaptiveThrottleLayer =====

impl AdaptiveThrottleLayer {
    /// K = 2 and a window of two minutes, as in Google's book.
    #[must_use]
    pub fn new() -> Self {
        Self {
            history: Arc::new(History::with_defaults()),
            accept: DefaultAccept,
            draws: Draws::from_entropy(),
        }
    }
}

impl<A> AdaptiveThrottleLayer<A> {
    /// K: how many requests are sent for each that is accepted, from 1 to a million (what is outside counts as
    /// the nearest). Default 2. Google's book takes 1.1 where a refusal costs the server nearly as much as
    /// an answer; the higher it is, the sooner a recovery is seen.
    #[must_use]
    pub fn multiplier(self, k: f64) -> Self {
        let history = History::new(k, self.history.window(), self.history.clock());
        Self { history: Arc::new(history), ..self }
    }

    /// How long a request counts. Default two minutes.
    #[must_use]
    pub fn window(self, window: Duration) -> Self {
        let history = History::new(self.history.multiplier(), window, self.history.clock());
        Self { history: Arc::new(history), ..self }
    }

    /// Another clock than tokio's.
    #[must_use]
    pub fn clock(self, clock: impl Clock + 'static) -> Self {
        let history = History::new(self.history.multiplier(), self.history.window(), Arc::new(clock));
        Self { history: Arc::new(history), ..self }
    }

    /// Draws from this seed, so that a simulation repeats itself. All services of the layer share the draws, as they
    /// share the counts. By default the draws are not predictable.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { draws: Draws::seeded(seed), ..self }
    }

    /// Other responses count as accepted.
    #[must_use]
    pub fn accept<B: Accept>(self, accept: B) -> AdaptiveThrottleLayer<B> {
        AdaptiveThrottleLayer { history: self.history, accept, draws: self.draws }
    }
}

impl Default for AdaptiveThrottleLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S, A: Clone> Layer<S> for AdaptiveThrottleLayer<A> {
    type Service = AdaptiveThrottle<S, A>;

    fn layer(&self, inner: S) -> Self::Service {
        AdaptiveThrottle::with(inner, Arc::clone(&self.history), self.accept.clone(), self.draws.clone())
    }
}

impl<A> fmt::Debug for AdaptiveThrottleLayer<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdaptiveThrottleLayer").field("history", &self.history).finish_non_exhaustive()
    }
}

// ===== impl Accept =====

impl Accept for DefaultAccept {
    fn accepts(&self, status: http::StatusCode) -> bool {
        status != http::StatusCode::TOO_MANY_REQUESTS && status != http::StatusCode::SERVICE_UNAVAILABLE
    }
}

impl<F: Fn(http::StatusCode) -> bool> Accept for F {
    fn accepts(&self, status: http::StatusCode) -> bool {
        self(status)
    }
}
