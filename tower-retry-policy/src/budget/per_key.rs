//! A budget for each key of the request.

use super::{
    Clock,
    atomic::{AtomicU64, Ordering},
    clock::{Time, nanos},
};
use quick_cache::sync::Cache;
use std::{
    borrow::Borrow,
    convert::Infallible,
    fmt,
    hash::Hash,
    sync::Arc,
    time::{Duration, Instant},
};

/// A budget for each host, or for any other key, made when the key is first asked for.
///
/// One host that fails then uses up its own budget and nobody else's.
///
/// ```
/// use tower_retry_policy::budget::{FailureKind, PerKey, RatioBudget, RetryBudget};
///
/// let now = std::time::Instant::now();
/// let hosts = PerKey::new(|_: &http::uri::Authority| RatioBudget::new().per_second(1));
/// let request = http::Request::get("http://a.example/x").body(())?;
///
/// // The name of the host in any case of its letters, and the port if it is written.
/// let budget = request.uri().authority().map(|host| hosts.budget(host, now));
/// assert!(budget.is_some_and(|budget| budget.withdraw(FailureKind::Transient, now)));
/// assert_eq!(hosts.len(), 1);
/// # Ok::<_, http::Error>(())
/// ```
///
/// At most [`max_keys`](Self::max_keys) budgets are kept; when there are more keys, those that are seldom asked for
/// are forgotten, one for each new one. Those that were [idle](Self::idle) are forgotten too. A key that comes back
/// begins with a new budget, so whoever can make up keys can make up retries: use keys that you give out.
///
/// The budgets have no locks; finding one takes the read lock of a part of the map for an instant, and the
/// first request of a key its write lock.
pub struct PerKey<K, B> {
    budgets: Cache<K, Kept<B>>,
    make: Make<K, B>,
    time: Time,
    max_keys: usize,
    idle: u64,
    /// When the idle ones were looked for last.
    swept: AtomicU64,
}

type Make<K, B> = Arc<dyn Fn(&K) -> B + Send + Sync>;

struct Kept<B> {
    budget: Arc<B>,
    used: Arc<AtomicU64>,
}

// ===== impl PerKey =====

impl<K: Hash + Eq + Clone, B> PerKey<K, B> {
    /// Budgets made by this function, at most 1024 of them, forgotten after 10 minutes without a request.
    ///
    /// 1024 small budgets are about a megabyte. Ten minutes are long beside any window, so that nothing that still
    /// counts is forgotten.
    #[must_use]
    pub fn new(make: impl Fn(&K) -> B + Send + Sync + 'static) -> Self {
        Self::with(Arc::new(make), Time::handed(), 1024, 600_000_000_000)
    }

    /// How many budgets are kept at most; at least one. Default 1024.
    #[must_use]
    pub fn max_keys(self, keys: usize) -> Self {
        Self::with(self.make, self.time, keys.max(1), self.idle)
    }

    /// How long a budget that nobody asks for is kept. Default 10 minutes. Less than a window of the budget
    /// forgets retries that still count.
    #[must_use]
    pub fn idle(self, idle: Duration) -> Self {
        Self::with(self.make, self.time, self.max_keys, nanos(idle))
    }

    /// A clock of its own for the idle time, instead of the time that the policy hands it; the budgets have theirs.
    #[must_use]
    pub fn clock(self, clock: impl Clock + 'static) -> Self {
        Self::with(self.make, Time::own(Arc::new(clock)), self.max_keys, self.idle)
    }

    fn with(make: Make<K, B>, time: Time, max_keys: usize, idle: u64) -> Self {
        let swept = AtomicU64::new(time.now());
        Self { budgets: Cache::new(max_keys), make, time, max_keys, idle, swept }
    }

    /// The budget of this key, at the time that the caller has at hand.
    pub fn budget(&self, key: &K, now: Instant) -> Arc<B> {
        self.budget_of(key, now, || key.clone())
    }

    /// The same for whoever has the key in another form: it is looked up once, and made if it is new.
    #[inline]
    pub(super) fn budget_of<Q>(&self, key: &Q, now: Instant, owned: impl FnOnce() -> K) -> Arc<B>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let now = self.time.at(now);
        self.sweep(now);
        match self.budgets.get(key) {
            // This is one holder, the map another.
            Some(kept) if !kept.is_idle(now, self.idle, 2) => kept.used_at(now),
            _ => self.made(&owned(), now),
        }
    }

    #[cold]
    fn made(&self, key: &K, now: u64) -> Arc<B> {
        self.budgets.remove_if(key, |kept| kept.is_idle(now, self.idle, 1));
        let made = || Ok::<_, Infallible>(Kept::new((self.make)(key), now));
        let Ok(kept) = self.budgets.get_or_insert_with(key, made);
        kept.used_at(now)
    }

    /// How many budgets are kept now.
    #[must_use]
    pub fn len(&self) -> usize {
        self.budgets.len()
    }

    /// Whether no key has been asked for lately.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.budgets.is_empty()
    }

    /// Forgets the idle ones, at most once in an idle time: then the walk over all is paid for.
    fn sweep(&self, now: u64) {
        let swept = self.swept.load(Ordering::Relaxed);
        let due = now.saturating_sub(swept) >= self.idle;
        if due && self.swept.compare_exchange(swept, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.budgets.retain(|_, kept| !kept.is_idle(now, self.idle, 1));
        }
    }
}

impl<K, B> fmt::Debug for PerKey<K, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerKey")
            .field("max_keys", &self.max_keys)
            .field("idle", &Duration::from_nanos(self.idle))
            .finish_non_exhaustive()
    }
}

// ===== impl Kept =====

impl<B> Kept<B> {
    fn new(budget: B, now: u64) -> Self {
        Self { budget: Arc::new(budget), used: Arc::new(AtomicU64::new(now)) }
    }

    fn used_at(self, now: u64) -> Arc<B> {
        // Most find the time of a moment ago or a later one; only a newer one has to be written.
        if self.used.load(Ordering::Relaxed) < now {
            self.used.fetch_max(now, Ordering::Relaxed);
        }
        self.budget
    }

    /// Nobody has asked for it, and apart from so many holders nobody has it either: a request that is on its
    /// way is not idle.
    fn is_idle(&self, now: u64, idle: u64, holders: usize) -> bool {
        now.saturating_sub(self.used.load(Ordering::Relaxed)) >= idle
            && Arc::strong_count(&self.budget) <= holders
    }
}

impl<B> Clone for Kept<B> {
    fn clone(&self) -> Self {
        Self { budget: Arc::clone(&self.budget), used: Arc::clone(&self.used) }
    }
}
