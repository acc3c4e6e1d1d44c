//! [`RetryPolicy`]: what is repeated, how often and when, for either loop of attempts.

mod bounds;
mod config;
mod decision;
mod idempotency_field;
mod in_loop;
mod patch;
mod presets;
mod repeatable;
mod settings;

#[cfg(feature = "idempotency-key")]
pub(crate) use self::idempotency_field::IDEMPOTENCY_KEY;
use self::in_loop::InLoop;
#[cfg(feature = "serde")]
pub(crate) use self::repeatable::Methods;
pub(crate) use self::{
    bounds::{BoxedError, RepeatableBody},
    config::{Budgeting, Config},
    decision::{Decision, Facts, HedgeDecision, HedgeFacts, Hold, decide, decide_hedge, hold},
};
pub use self::{patch::RetryPatch, repeatable::Idempotent};
use std::{fmt, sync::Arc};

/// What is repeated, how often, when, and at what cost.
///
/// A [`RetryLayer`](crate::RetryLayer) follows it. It is also a [`Policy`](tower::retry::Policy) for tower's own
/// `.retry(policy)`, without hedging and over a service whose error is a [`BoxError`](tower::BoxError), for those who have
/// that in place. Start from a preset and change what differs:
///
/// ```
/// use std::time::Duration;
/// use tower_retry_policy::{Backoff, Jitter, Phase, RetryPolicy};
///
/// let policy = RetryPolicy::standard()
///     .retries(5)
///     .retries_after(Phase::Connect, 2)
///     .backoff(Backoff::exponential(Duration::from_millis(50)).jitter(Jitter::Full));
/// # let _ = policy;
/// ```
///
/// # One request, one override
///
/// A [`RetryPatch`] in the request's extensions changes single settings of the layer's policy for that call, and leaves the
/// others as they are. A `RetryPolicy` there replaces all of them: an override that is meant to change one setting also
/// drops what the layer's author has set, such as [`last_response_as_error`](Self::last_response_as_error). With both, the
/// patch changes the request's own policy. Budget and observers are always the layer's: the budget protects the server, so
/// a request cannot lift it.
///
/// ```
/// use tower_retry_policy::{RetryPatch, RetryPolicy};
///
/// let mut request = http::Request::get("http://example.com/").body(()).unwrap();
/// // up to five retries, all else as in the layer
/// request.extensions_mut().insert(RetryPatch::new(|policy| policy.retries(5)));
///
/// let mut request = http::Request::get("http://example.com/").body(()).unwrap();
/// // nothing of the layer's policy but its budget and observers
/// request.extensions_mut().insert(RetryPolicy::never());
/// ```
///
/// # Policies that share a budget
///
/// A policy that is made from another, as by `policy.clone().retries(5)`, shares its budget: what one spends, the other
/// cannot. That is right for policies whose requests reach the same server. Give a policy for another server a
/// [`budget`](Self::budget) of its own, or call the preset anew: each call of [`standard`](Self::standard) makes one.
/// Observers are shared likewise.
///
/// # What this cannot do
///
/// - In tower's own loop an error of the inner service's `poll_ready` before a retry ends the call without asking the
///   policy, the end of a call that is dropped is not told, and nothing overlaps.
/// - A failure while the body is read is seen only if the body is read inside the attempt, as
///   `tower-content-check` does.
/// - It counts its own attempts. A client below may repeat unsent requests by itself (hyper-util's
///   `retry_canceled_requests`, on by default) or follow redirects; they count as one attempt.
/// - It takes the failure of a redirect's hop below it for one of the request that it sent. A `POST` that was
///   redirected to a host that cannot be connected is sent again, as if it had never left: let redirects be followed
///   outside of the retry (reqwest follows them by itself unless told not to). A service of one's own that makes several
///   calls for one says how far it got with a [`PhasedError`](crate::PhasedError).
#[derive(Clone)]
pub struct RetryPolicy {
    pub(crate) config: Arc<Config>,
    pub(crate) in_loop: InLoop,
}

impl RetryPolicy {
    fn from_config(config: Config) -> Self {
        Self { config: Arc::new(config), in_loop: InLoop::default() }
    }

    /// This policy with the budget and the observers of another, which the layer keeps.
    pub(crate) fn of_the_layer_of(self, other: &Self) -> Self {
        self.change(|config| {
            config.budget = other.config.budget.clone();
            config.observers.clone_from(&other.config.observers);
        })
    }

    /// Whether it is the other one, not merely an equal one.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.config, &other.config)
    }

    /// The configuration, to be changed: a policy that is already shared is not affected.
    pub(crate) fn change(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(Arc::make_mut(&mut self.config));
        self
    }
}

impl fmt::Debug for RetryPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RetryPolicy").field(&self.config).finish()
    }
}
