//! All runs over the kernel, side by side.

use super::arguments::KernelRuns;
use crate::{
    sim::{
        kernel::{self, Missing},
        seeds::over_seeds,
    },
    talk::{
        experiment::{Experiment, Figures},
        sampler::{NO_HORIZON, Sampled, Sampler},
        stages::Stage,
    },
};
use std::{error::Error, io, time::Duration};
use tokio::{
    runtime,
    time::{Instant, sleep_until},
};

/// How far apart networks start. Beginning all at once, they would keep each other from their processors in the first
/// seconds, which are those of most packets.
const APART: Duration = Duration::from_millis(250);

/// No stage but `naive` comes near it; a run that hangs for another reason must end.
const LONGEST: Duration = Duration::from_secs(3_600);

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
}

/// Runs every stage so often; `done` is called with the calls that have ended.
///
/// # Errors
/// If a network cannot be made.
pub fn measure(
    asked: &KernelRuns,
    experiment: &Experiment,
    done: impl Fn(u64) + Sync,
) -> Result<Vec<KernelRun>, Box<dyn Error>> {
    let stages = &experiment.stages;
    let networks = asked.runs * stages.len() as u64;
    let at_once = asked.at_once.min(networks);
    let begin = Instant::now();
    let one = |index: u64| -> Result<KernelRun, Missing> {
        // All stages of one run, then those of the next: whatever else the machine does, it does to all alike.
        let stage = stages[(index % stages.len() as u64) as usize];
        let run = index / stages.len() as u64;
        if index < at_once {
            wait_until(begin + APART * index as u32).map_err(Missing::of_the_runtime)?;
        }
        let seed = experiment.seed.wrapping_add(run);
        let sampled = one_run(asked, experiment, stage, seed, &done)?;
        Ok(KernelRun { stage, run, seed, sampled })
    };
    let runs = over_seeds(0, networks, at_once as usize, one, || ());
    Ok(runs.into_iter().collect::<Result<_, _>>()?)
}

fn one_run(
    asked: &KernelRuns,
    experiment: &Experiment,
    stage: &'static Stage,
    seed: u64,
    done: &impl Fn(u64),
) -> Result<Sampled, Missing> {
    let sampler = experiment.sampler(stage);
    let sampler = Sampler { horizon: sampler.horizon.min(LONGEST), ..sampler };
    let (sampled, _) = kernel::run(experiment.world(stage, seed), asked.setup(), |network| {
        sampler.stream(network, stage.run, |_| {
            done(1);
            Ok(())
        })
    })?;
    done(sampled.unfinished as u64);
    Ok(sampled)
}

fn wait_until(begin: Instant) -> io::Result<()> {
    runtime::Builder::new_current_thread()
        .enable_time()
        .build()?
        .block_on(async { sleep_until(begin).await });
    Ok(())
}

/// How long it will take, from what the same stages took in the lab.
pub(super) fn expected(asked: &KernelRuns, lab: &[(&'static Stage, Vec<Figures>)]) -> Duration {
    let longest = |(stage, figures): &(&'static Stage, Vec<Figures>)| {
        let horizon = stage.horizon.unwrap_or(NO_HORIZON);
        figures.iter().map(|run| run.took.min(horizon)).max().unwrap_or_default()
    };
    let networks = asked.runs * lab.len() as u64;
    let rounds = networks.div_ceil(asked.at_once);
    let round = lab.iter().map(longest).max().unwrap_or_default();
    round * rounds as u32 + APART * networks.min(asked.at_once) as u32
}
