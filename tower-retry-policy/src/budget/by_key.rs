//! Which of the budgets per key a request belongs to.

use super::{BudgetSource, Host, PerKey, RequestHead, RetryBudget};
use std::{fmt, hash::Hash, sync::Arc, time::Instant};

/// Budgets per key, with the key of a request: made by [`PerKey::by`].
pub struct ByKey<K, B> {
    budgets: PerKey<K, B>,
    key: Key<K>,
}

/// Budgets per host: made by [`PerKey::per_host`].
pub struct PerHost<B>(PerKey<Host, B>);

type Key<K> = Box<dyn Fn(&RequestHead<'_>) -> K + Send + Sync>;

// ===== impl PerKey =====

impl<K: Hash + Eq + Clone, B> PerKey<K, B> {
    /// The budget of a request is that of this key of it.
    #[must_use]
    pub fn by(self, key: impl Fn(&RequestHead<'_>) -> K + Send + Sync + 'static) -> ByKey<K, B> {
        ByKey { budgets: self, key: Box::new(key) }
    }
}

impl<B> PerKey<Host, B> {
    /// The budget of a request is that of its host and port; requests that name none share one.
    ///
    /// ```
    /// use tower_retry_policy::{RetryPolicy, budget::{PerKey, RatioBudget}};
    ///
    /// let hosts = PerKey::new(|_| RatioBudget::new()).per_host();
    /// let policy = RetryPolicy::standard().budget_per(hosts);
    /// # let _ = policy;
    /// ```
    #[must_use]
    pub fn per_host(self) -> PerHost<B> {
        PerHost(self)
    }
}

// ===== impl ByKey =====

impl<K, B> BudgetSource for ByKey<K, B>
where
    K: Hash + Eq + Clone + Send + Sync,
    B: RetryBudget + 'static,
{
    fn budget(&self, request: &RequestHead<'_>, now: Instant) -> Arc<dyn RetryBudget> {
        self.budgets.budget(&(self.key)(request), now)
    }
}

impl<K, B> fmt::Debug for ByKey<K, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ByKey").field(&self.budgets).finish()
    }
}

// ===== impl PerHost =====

impl<B: RetryBudget + 'static> BudgetSource for PerHost<B> {
    fn budget(&self, request: &RequestHead<'_>, now: Instant) -> Arc<dyn RetryBudget> {
        Host::lent(request, |host| self.0.budget_of(host, now, || Host::from(host)))
    }
}

impl<B> fmt::Debug for PerHost<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PerHost").field(&self.0).finish()
    }
}
