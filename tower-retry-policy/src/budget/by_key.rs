//! Which of the budgets per key a request belongs to.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use http::uri::Authority;

use super::{BudgetSource, PerKey, RequestHead, RetryBudget};

/// Budgets per key, with the key of a request: made by [`PerKey::by`] or [`PerKey::per_host`].
pub struct ByKey<K, B> {
    budgets: PerKey<K, B>,
    key: Key<K>,
}

type Key<K> = Box<dyn Fn(&RequestHead<'_>) -> K + Send + Sync>;

// ===== impl PerKey =====

impl<K: Hash + Eq + Clone, B> PerKey<K, B> {
    /// The budget of a request is that of this key of it.
    #[must_use]
    pub fn by(self, key: impl Fn(&RequestHead<'_>) -> K + Send + Sync + 'static) -> ByKey<K, B> {
        ByKey { budgets: self, key: Box::new(key) }
    }
}

impl<B> PerKey<Option<Authority>, B> {
    /// The budget of a request is that of its host and port; requests that name none share one.
    ///
    /// ```
    /// use tower_retry_policy::{RetryPolicy, budget::{PerKey, RatioBudget}};
    ///
    /// let hosts = PerKey::new(|_| RatioBudget::new()).per_host();
    /// let policy = RetryPolicy::standard().budget_per(hosts);
    /// # let _ = policy;
    /// ```
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method is not general enough in the lifetime"
    )]
    #[must_use]
    pub fn per_host(self) -> ByKey<Option<Authority>, B> {
        self.by(|request| request.authority())
    }
}

// ===== impl ByKey =====

impl<K, B> BudgetSource for ByKey<K, B>
where
    K: Hash + Eq + Clone + Send + Sync,
    B: RetryBudget + 'static,
{
    fn budget(&self, request: &RequestHead<'_>) -> Arc<dyn RetryBudget> {
        self.budgets.budget(&(self.key)(request))
    }
}

impl<K, B> fmt::Debug for ByKey<K, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ByKey").field(&self.budgets).finish()
    }
}
