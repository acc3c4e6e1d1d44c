use super::{Endpoints, EndpointsCallLayer, EndpointsService, charge::MakeBudget, settings::Settings};
use crate::RetryBudget;
use std::{sync::Arc, time::Duration};
use tower_backoff::{Backoff, Draws};
use tower_layer::{Layer, Stack};

/// Sends each attempt to one of several [`Endpoints`]: see the [module](super).
///
/// # What counts as a failure
///
/// | outcome of an attempt | says of its endpoint |
/// |---|---|
/// | [`Connect`](crate::Phase::Connect), [`Read`](crate::Phase::Read), [`Body`](crate::Phase::Body), a status of 500 to 599 | failure |
/// | 429, 421, 425, [`Unprocessed`](crate::Phase::Unprocessed), [`Content`](crate::Phase::Content), [`Other`](crate::Phase::Other), readiness of the inner service | nothing |
/// | a limit that a [`Deadline`](crate::Deadline) had shortened | nothing |
/// | waited for the HTTP/2 connection of another call, which did not come about | nothing |
/// | dropped: a hedge that lost, a caller that went away | nothing |
/// | any other status | success |
///
/// A `grpc-status` is not looked at.
#[doc(alias = "circuit breaker")]
#[doc(alias = "outlier detection")]
#[doc(alias = "failover")]
#[derive(Clone, Debug)]
pub struct EndpointsLayer {
    endpoints: Endpoints,
    settings: Arc<Settings>,
}

// ===== impl EndpointsLayer =====

impl EndpointsLayer {
    /// Ejects after 5 consecutive failures, for 10 s at first; never fails fast and ignores `Retry-After`.
    pub fn new(endpoints: Endpoints) -> Self {
        Self { endpoints, settings: Arc::default() }
    }

    /// After so many consecutive failures an endpoint is ejected. Default 5, as Envoy has it; 0 counts as 1.
    #[doc(alias = "circuit breaker")]
    #[must_use]
    pub fn eject_after(self, failures: u32) -> Self {
        self.with(|settings| settings.eject_after = Some(failures.max(1)))
    }

    /// For how long an endpoint is ejected: the first time, after the first failed probe, and so on. A probe that succeeds
    /// begins anew. Default 10 s, doubling up to 300 s, with equal jitter.
    #[must_use]
    pub fn eject_for(self, times: Backoff) -> Self {
        self.with(|settings| settings.eject_for = times)
    }

    /// Ejects none. Attempts of a call still avoid each other's endpoints.
    #[must_use]
    pub fn without_ejection(self) -> Self {
        self.with(|settings| settings.eject_after = None)
    }

    /// Refuses requests at once while all endpoints are out, with an [`EndpointsOutError`](super::EndpointsOutError), apart
    /// from one probe for each whose time has passed: a circuit breaker per endpoint, of one or many.
    ///
    /// It answers before the inner service is asked whether it is ready. A probe that never ends keeps all others out: set a
    /// limit below, by an [`AttemptTimeoutLayer`](crate::AttemptTimeoutLayer).
    ///
    /// All of them may be ejected then. By default at most half of them are, a single one never is, and with all of them
    /// out (because others left the list, or are held back) requests are sent as if none were.
    #[doc(alias = "circuit breaker")]
    #[must_use]
    pub fn fail_fast(self) -> Self {
        self.with(|settings| settings.fail_fast = true)
    }

    /// A 429 or 503 with `Retry-After` keeps further requests, of all calls, from its endpoint until that time, but for no
    /// longer than `limit`. While all are out it keeps none, unless the layer [fails fast](Self::fail_fast). By default
    /// only the call that was told so waits.
    ///
    /// That call waits in any case. So that it goes on to another endpoint at once, the policy has to
    /// [ignore](crate::RetryAfter::Ignore) the field, and list the status; wrong where a limit holds for all endpoints
    /// together.
    #[must_use]
    pub fn hold_back(self, limit: Duration) -> Self {
        self.with(|settings| settings.hold_back = Some(limit))
    }

    /// Gives each endpoint a budget of its own, made by `make`: what the first attempts of calls bring in, further ones,
    /// retries and hedges, spend at the endpoint that they are sent to. One whose budget is used up gets none while others
    /// are left. If none is left, the attempt is refused with an [`EndpointsOutError`](super::EndpointsOutError), which
    /// the policy does not retry. By default there is none but the policy's, which is asked first and holds in any case.
    ///
    /// A failure costs as [`Transient`](crate::FailureKind::Transient), whatever it was. The budget stays with an endpoint
    /// as long as that is on the list, and belongs to all layers that share the list.
    ///
    /// ```
    /// use tower_retry_policy::{RatioBudget, endpoints::{Endpoints, EndpointsLayer}};
    ///
    /// let endpoints = Endpoints::new(["http://a.example", "http://b.example"].map(|uri| uri.parse().unwrap()))?;
    /// let layer = EndpointsLayer::new(endpoints).budget_each(|| RatioBudget::new().ratio(0.1));
    /// # let _ = layer;
    /// # Ok::<_, tower_retry_policy::endpoints::InvalidEndpoint>(())
    /// ```
    #[must_use]
    pub fn budget_each<B, F>(self, make: F) -> Self
    where
        B: RetryBudget + 'static,
        F: Fn() -> B + Send + Sync + 'static,
    {
        self.with(|settings| settings.budget = Some(MakeBudget(Arc::new(move || Arc::new(make())))))
    }

    /// Draws from this seed, so that a simulation repeats itself. By default the choice is not predictable.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        self.with(|settings| settings.draws = Draws::seeded(seed))
    }

    /// This layer below a retry, and around the retry the [layer](EndpointsCallLayer) by which attempts know of each
    /// other. What stands below this one is added next.
    #[must_use]
    pub fn below<L>(self, retry: L) -> Stack<Self, Stack<L, EndpointsCallLayer>> {
        Stack::new(self, Stack::new(retry, EndpointsCallLayer::new()))
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }
}

impl<S> Layer<S> for EndpointsLayer {
    type Service = EndpointsService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        EndpointsService::new(inner, self.endpoints.clone(), Arc::clone(&self.settings))
    }
}
