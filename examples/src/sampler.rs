//! The talk's sampler: so many calls of one function in a pool of workers, in virtual time.

use std::{
    panic,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::Uri;
use tokio::{
    task::JoinSet,
    time::{Instant, timeout},
};

use crate::{
    client::{Client, Counters},
    stages::Call,
    world::World,
};

/// How often a function is called, and by how many workers at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sampler {
    /// Calls in all: 100 in the talk.
    pub requests: usize,
    /// Calls at a time: 10 in the talk.
    pub workers: usize,
    /// When to stop waiting, in virtual time.
    pub horizon: Duration,
}

/// One call that came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sample {
    /// Whether it brought the document.
    pub ok: bool,
    /// How long it took.
    pub took: Duration,
}

/// What the calls came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Sampled {
    /// The calls in order of completion.
    pub samples: Vec<Sample>,
    /// Calls that did not end before the horizon, or did not begin.
    pub unfinished: usize,
    /// Requests sent, by unfinished calls too.
    pub attempts: u64,
    /// Connection attempts started, by unfinished calls too.
    pub connections: u64,
    /// Time until the last call ended, or the horizon.
    pub took: Duration,
}

/// What the workers share.
struct Pool {
    world: World,
    run: fn(Client, Uri) -> Call,
    requests: usize,
    next: AtomicUsize,
    done: Mutex<Done>,
}

#[derive(Default)]
struct Done {
    samples: Vec<Sample>,
    counters: Vec<Arc<Counters>>,
}

/// A horizon for functions that always end: ten years, for a clock that must have something to run towards.
pub const NO_HORIZON: Duration = Duration::from_secs(10 * 365 * 86_400);

impl Sampler {
    /// The talk's: 100 calls by 10 workers.
    #[must_use]
    pub fn new() -> Self {
        Self { requests: 100, workers: 10, horizon: NO_HORIZON }
    }

    /// Calls `run` in this world.
    pub async fn sample(self, world: World, run: fn(Client, Uri) -> Call) -> Sampled {
        let start = Instant::now();
        let next = AtomicUsize::new(0);
        let pool = Arc::new(Pool { world, run, requests: self.requests, next, done: Mutex::default() });
        let mut workers = JoinSet::new();
        for _ in 0..self.workers.clamp(1, self.requests.max(1)) {
            workers.spawn(Arc::clone(&pool).work());
        }
        let all = async {
            while let Some(ended) = workers.join_next().await {
                if let Err(error) = ended
                    && error.is_panic()
                {
                    panic::resume_unwind(error.into_panic());
                }
            }
        };
        // Past the horizon the workers are dropped with their calls.
        let _ = timeout(self.horizon, all).await;
        let took = start.elapsed();
        drop(workers);
        let done = std::mem::take(&mut *pool.done());
        Sampled {
            unfinished: self.requests - done.samples.len(),
            samples: done.samples,
            attempts: done.counters.iter().map(|counters| counters.requests()).sum(),
            connections: done.counters.iter().map(|counters| counters.connections()).sum(),
            took,
        }
    }
}

impl Pool {
    async fn work(self: Arc<Self>) {
        while self.next.fetch_add(1, Ordering::Relaxed) < self.requests {
            let client = self.world.client();
            self.done().counters.push(Arc::clone(client.counters()));
            let start = Instant::now();
            let ok = (self.run)(client, self.world.uri()).await.is_ok();
            self.done().samples.push(Sample { ok, took: start.elapsed() });
        }
    }

    fn done(&self) -> std::sync::MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Sampler {
    fn default() -> Self {
        Self::new()
    }
}

impl Sampled {
    /// Calls that brought the document.
    #[must_use]
    pub fn ok(&self) -> usize {
        self.samples.iter().filter(|sample| sample.ok).count()
    }

    /// Calls that ended with an error.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.samples.len() - self.ok()
    }

    /// The longest call that ended.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.samples.iter().map(|sample| sample.took).max().unwrap_or_default()
    }
}
