use crate::RetryPolicy;
use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

/// Changes the policy of a [`RetryLayer`](super::RetryLayer) while its services run, as after a new configuration.
///
/// It is cheap to clone, and all clones are of the same layer. Calls that begin later follow the new policy, of all services
/// that the layer has made since it has a handle. Calls that run keep theirs, budget included.
///
/// ```
/// use tower::{Layer, service_fn};
/// use tower_retry_policy::{RetryLayer, RetryPolicy};
/// # use tower::BoxError;
///
/// let mut layer = RetryLayer::new(RetryPolicy::standard());
/// let handle = layer.handle();
/// let service = layer.layer(service_fn(|_: http::Request<String>| async {
///     Ok::<_, BoxError>(http::Response::new(()))
/// }));
/// # let _ = service;
///
/// // all settings are those of the new policy; the budget keeps what it has counted
/// handle.replace(RetryPolicy::standard().retries(5));
/// // one setting of the policy that is in use
/// handle.replace(handle.policy().retries(1));
/// // no retries until further notice
/// handle.replace(RetryPolicy::never());
/// ```
///
/// # What stays
///
/// - [`replace`](Self::replace) keeps the budget and the observers: a budget that began anew with each configuration would
///   forget the outage that it is there for.
/// - Hedging and the hook before a retry are the layer's, and not the policy's.
/// - A policy or a patch in a request's extensions counts as ever; the patch changes the policy that is in use.
/// - A `ContinueLayer` has a policy of its own. It takes a handle in its place, and then each body follows the policy that is
///   in use when its response comes.
///
/// # What it costs
///
/// Each call of a layer with a handle takes a lock for reading, for as long as it takes to compare two pointers.
#[derive(Clone)]
pub struct PolicyHandle {
    live: Arc<Live>,
}

/// The policy that is followed now.
#[derive(Debug)]
pub(super) struct Live {
    policy: RwLock<RetryPolicy>,
}

// ===== impl PolicyHandle =====

impl PolicyHandle {
    pub(super) fn new(live: &Arc<Live>) -> Self {
        Self { live: Arc::clone(live) }
    }

    /// The policy that calls follow which begin now.
    pub fn policy(&self) -> RetryPolicy {
        self.live.read().clone()
    }

    /// Lets calls that begin from now on follow this policy, with the budget and the observers of the one before.
    pub fn replace(&self, policy: RetryPolicy) {
        self.live.write(|old| policy.of_the_layer_of(old));
    }

    /// The same with the budget and the observers of the new policy too. What the old budget has counted is lost to the new
    /// one; calls that run spend and give back what is of the old one.
    pub fn replace_with_budget(&self, policy: RetryPolicy) {
        self.live.write(|_| policy);
    }
}

impl fmt::Debug for PolicyHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PolicyHandle").field(&*self.live.read()).finish()
    }
}

// ===== impl Live =====

impl Live {
    pub(super) fn new(policy: RetryPolicy) -> Self {
        Self { policy: RwLock::new(policy) }
    }

    /// Makes this the policy that is followed now.
    pub(super) fn refresh(&self, policy: &mut RetryPolicy) {
        let now = self.read();
        if !now.is_same(policy) {
            *policy = now.clone();
        }
    }

    #[cfg(all(feature = "content-check", feature = "tonic"))]
    pub(super) fn map(&self, map: impl FnOnce(RetryPolicy) -> RetryPolicy) {
        self.write(|policy| map(policy.clone()));
    }

    fn write(&self, next: impl FnOnce(&RetryPolicy) -> RetryPolicy) {
        let mut policy = self.policy.write().unwrap_or_else(PoisonError::into_inner);
        let next = next(&policy);
        *policy = next;
    }

    /// Nothing is half done when something panics under the lock, so what a poisoned one holds is sound.
    fn read(&self) -> RwLockReadGuard<'_, RetryPolicy> {
        self.policy.read().unwrap_or_else(PoisonError::into_inner)
    }
}
