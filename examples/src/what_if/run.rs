//! The answer to a question: its runs over the seeds.

use super::{
    seeds::run_seed,
    settings::{Policy, Settings},
    stack::fetch,
};
use crate::{
    sim::{network::BytesSent, seeds::over_seeds, world::World},
    talk::sampler::{NO_HORIZON, Sample, Sampler},
};
use std::{io, time::Duration};

/// One run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Run {
    /// The calls that ended, in order of completion.
    pub calls: Vec<Sample>,
    /// Calls that hang for ever, or never began because all workers hang.
    pub unfinished: usize,
    /// Requests sent, by unfinished calls too.
    pub requests: u64,
    /// What was put on the wire.
    pub sent: BytesSent,
    /// Virtual time.
    pub took: Duration,
}

/// Runs the question over its seeds; `done` is called after each run.
///
/// # Errors
/// If a run's runtime cannot be built.
pub fn runs(settings: &Settings, threads: usize, done: impl Fn() + Sync) -> io::Result<Vec<Run>> {
    let load = settings.load;
    let one = |index| run(settings, run_seed(load.seed, index));
    over_seeds(0, load.seeds, threads, one, done).into_iter().collect()
}

/// One run with this seed, whatever seeds the settings name.
pub(crate) fn run(settings: &Settings, seed: u64) -> io::Result<Run> {
    let (load, policy) = (settings.load, settings.policy.clone());
    let sampler = Sampler { requests: load.requests, workers: load.workers, horizon: NO_HORIZON };
    World::run(settings.network.world(seed), |world| async move {
        let network = world.network().clone();
        let sampled = sampler.sample(world, call(policy)).await;
        Run {
            calls: sampled.samples,
            unfinished: sampled.unfinished,
            requests: sampled.attempts,
            sent: network.bytes_sent(),
            took: sampled.took,
        }
    })
}

pub(super) fn call(
    policy: Policy,
) -> impl Fn(crate::sim::client::Client, http::Uri) -> crate::talk::stages::Call + Send + Sync + 'static {
    // One for all calls of the run.
    let budget = policy.budget();
    move |client, uri| fetch(&policy, budget.clone(), client, uri)
}

impl Run {
    /// Calls that brought the document.
    #[must_use]
    pub fn ok(&self) -> usize {
        self.calls.iter().filter(|call| call.ok).count()
    }
}
