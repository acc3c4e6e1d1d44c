//! All runs over the kernel, side by side.

use super::arguments::KernelRuns;
use crate::{
    sim::{
        kernel::{self, LONGEST, Missing, side_by_side, takes},
        network::Tap,
    },
    talk::{
        capture::Capture,
        experiment::{Experiment, Figures},
        sampler::{NO_HORIZON, Sampled, Sampler},
        stages::Stage,
    },
};
use std::time::Duration;

/// One run over the kernel.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct KernelRun {
    /// The stage.
    pub stage: &'static Stage,
    /// Its number among the stage's runs, from 0.
    pub run: u64,
    /// The seed of the loss and the jitter.
    pub seed: u64,
    /// The calls.
    pub sampled: Sampled,
    /// Packets of the probe that stepped the loss chain, sent or counted.
    pub probe: u64,
    /// What the client's host saw of the stage's first run.
    pub capture: Option<Capture>,
}

/// Runs every stage so often; `done` is called with the calls that have ended.
///
/// # Errors
/// If a network cannot be made.
pub fn measure(
    asked: &KernelRuns,
    experiment: &Experiment,
    done: impl Fn(u64) + Sync,
) -> Result<Vec<KernelRun>, Missing> {
    let stages = &experiment.stages;
    let networks = asked.runs * stages.len() as u64;
    let one = |index: u64| -> Result<KernelRun, Missing> {
        // All stages of one run, then those of the next: whatever else the machine does, it does to all alike.
        let stage = stages[(index % stages.len() as u64) as usize];
        let run = index / stages.len() as u64;
        let seed = experiment.seed.wrapping_add(run);
        one_run(asked, experiment, KernelRun::new(stage, run, seed), &done)
    };
    side_by_side(networks, asked.at_once(), one)
}

fn one_run(
    asked: &KernelRuns,
    experiment: &Experiment,
    mut run: KernelRun,
    done: &impl Fn(u64),
) -> Result<KernelRun, Missing> {
    let stage = run.stage;
    let sampler = experiment.sampler(stage);
    let sampler = Sampler { horizon: sampler.horizon.min(LONGEST), ..sampler };
    let mut world = experiment.world(stage, run.seed);
    // The lab's delay stands for what a kernel takes from a packet to its answer. This one takes it by itself.
    world.knobs.delay = Duration::ZERO;
    let tap = (run.run == 0).then(Tap::new);
    let ((sampled, _), carried) = kernel::run(world, asked.setup(), tap.clone(), |network| {
        sampler.stream(network, stage.run, |_| {
            done(1);
            Ok(())
        })
    })?;
    done(sampled.unfinished as u64);
    run.capture = tap.map(|tap| Capture::new(&tap, run.seed, carried.took, 0.0));
    (run.sampled, run.probe) = (sampled, carried.probe);
    Ok(run)
}

impl KernelRun {
    /// One that has not been made.
    fn new(stage: &'static Stage, run: u64, seed: u64) -> Self {
        Self { stage, run, seed, sampled: Sampled::default(), probe: 0, capture: None }
    }
}

/// How long it will take, from what the same stages took in the lab.
pub(super) fn expected(asked: &KernelRuns, lab: &[(&'static Stage, Vec<Figures>)]) -> Duration {
    let longest = |(stage, figures): &(&'static Stage, Vec<Figures>)| {
        let horizon = stage.horizon.unwrap_or(NO_HORIZON);
        figures.iter().map(|run| run.took.min(horizon)).max().unwrap_or_default()
    };
    let networks = asked.runs * lab.len() as u64;
    takes(networks, asked.at_once(), lab.iter().map(longest).max().unwrap_or_default())
}
