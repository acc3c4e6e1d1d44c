//! The talk's sampler: so many calls of one function in a pool of workers.

use crate::{
    sim::{
        client::{Client, Counters},
        place::Place,
    },
    talk::{reason::Reason, stages::Call},
};
use http::Uri;
use std::{
    io, panic,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::mpsc::{UnboundedSender, unbounded_channel},
    task::JoinSet,
    time::{Instant, timeout},
};

/// How often a function is called, and by how many workers at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sampler {
    /// Calls in all: 100 in the talk.
    pub requests: usize,
    /// Calls at a time: 10 in the talk.
    pub workers: usize,
    /// When to stop waiting.
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
    /// Requests it sent, the first included.
    pub requests: u64,
}

/// One call that came to its end, with what went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finished {
    /// The call.
    pub sample: Sample,
    /// Why it failed, if it did.
    pub failure: Option<Reason>,
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
struct Pool<P, R> {
    place: P,
    run: R,
    requests: usize,
    next: AtomicUsize,
    begun: Mutex<Vec<Arc<Counters>>>,
}

/// A horizon for functions that always end: ten years, for a clock that must have something to run towards.
pub const NO_HORIZON: Duration = Duration::from_secs(10 * 365 * 86_400);

impl Sampler {
    /// The talk's: 100 calls by 10 workers.
    #[must_use]
    pub fn new() -> Self {
        Self { requests: 100, workers: 10, horizon: NO_HORIZON }
    }

    /// Calls `run` in this place.
    pub async fn sample<P, R>(self, place: P, run: R) -> Sampled
    where
        P: Place,
        R: Fn(Client, Uri) -> Call + Send + Sync + 'static,
    {
        let (sampled, _) = self.stream(place, run, |_| Ok(())).await;
        sampled
    }

    /// Calls `run` in this place, and hands on each call as it ends. The first error of `each` ends it all.
    pub async fn stream<P, R>(
        self,
        place: P,
        run: R,
        mut each: impl FnMut(&Finished) -> io::Result<()>,
    ) -> (Sampled, io::Result<()>)
    where
        P: Place,
        R: Fn(Client, Uri) -> Call + Send + Sync + 'static,
    {
        let start = Instant::now();
        let next = AtomicUsize::new(0);
        let pool = Arc::new(Pool { place, run, requests: self.requests, next, begun: Mutex::default() });
        let (sender, mut ended) = unbounded_channel();
        let mut workers = JoinSet::new();
        for _ in 0..self.workers.clamp(1, self.requests.max(1)) {
            workers.spawn(Arc::clone(&pool).work(sender.clone()));
        }
        drop(sender);
        let mut samples = Vec::new();
        let all = async {
            while let Some(finished) = ended.recv().await {
                each(&finished)?;
                samples.push(finished.sample);
            }
            while let Some(worker) = workers.join_next().await {
                if let Err(error) = worker
                    && error.is_panic()
                {
                    panic::resume_unwind(error.into_panic());
                }
            }
            Ok(())
        };
        // Past the horizon the workers are dropped with their calls.
        let result = timeout(self.horizon, all).await.unwrap_or(Ok(()));
        let took = start.elapsed();
        drop(workers);
        let begun = pool.begun();
        let sampled = Sampled {
            unfinished: self.requests - samples.len(),
            samples,
            attempts: begun.iter().map(|counters| counters.requests()).sum(),
            connections: begun.iter().map(|counters| counters.connections()).sum(),
            took,
        };
        (sampled, result)
    }
}

impl<P: Place, R: Fn(Client, Uri) -> Call> Pool<P, R> {
    async fn work(self: Arc<Self>, ended: UnboundedSender<Finished>) {
        while self.next.fetch_add(1, Ordering::Relaxed) < self.requests {
            let client = self.place.client();
            let counters = Arc::clone(client.counters());
            self.begun().push(Arc::clone(&counters));
            let start = Instant::now();
            let result = (self.run)(client, self.place.uri()).await;
            let took = start.elapsed();
            let failure = result.err().map(|error| Reason::of(&*error));
            let sample = Sample { ok: failure.is_none(), took, requests: counters.requests() };
            if ended.send(Finished { sample, failure }).is_err() {
                break;
            }
        }
    }
}

impl<P, R> Pool<P, R> {
    fn begun(&self) -> MutexGuard<'_, Vec<Arc<Counters>>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
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
