//! `try --kernel`: the same question over this machine's kernel, in real time.

use super::{
    run::{Run, call},
    seeds::run_seed,
    settings::Settings,
};
use crate::{
    sim::kernel::{self, LONGEST, Missing, Setup, side_by_side},
    talk::sampler::Sampler,
};

/// Networks at a time, each with three threads.
pub(super) const AT_ONCE: u64 = 200;

/// Runs the question over its seeds, many at once; `done` is called with the calls that have ended. A call that has not
/// ended after an hour counts as one that never ends.
pub(super) fn runs_over_kernel(settings: &Settings, done: impl Fn(u64) + Sync) -> Result<Vec<Run>, Missing> {
    let (load, policy) = (settings.load, &settings.policy);
    let sampler = Sampler { requests: load.requests, workers: load.workers, horizon: LONGEST };
    side_by_side(load.seeds, AT_ONCE, |index| {
        let world = settings.network.world(run_seed(load.seed, index));
        let ((sampled, _), carried) = kernel::run(world, Setup::default(), None, |network| {
            sampler.stream(network, call(policy.clone()), |_| {
                done(1);
                Ok(())
            })
        })?;
        done(sampled.unfinished as u64);
        Ok(Run {
            calls: sampled.samples,
            unfinished: sampled.unfinished,
            requests: sampled.attempts,
            sent: carried.sent,
            took: sampled.took,
        })
    })
}
