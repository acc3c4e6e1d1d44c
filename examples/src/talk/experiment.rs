//! The whole experiment: every chosen stage over every seed.

use crate::{
    sim::{
        document::SIZE,
        network::{GilbertElliott, Preset, Tap},
        seeds::over_seeds,
        world::{Settings, World},
    },
    talk::{
        capture::Capture,
        sampler::{NO_HORIZON, Sampled, Sampler},
        stages::Stage,
    },
};
use std::io;

/// What is run, and on which network.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Experiment {
    /// The first seed, whose calls are shown one by one.
    pub seed: u64,
    /// How many seeds.
    pub seeds: u64,
    /// The loss of the stages that run on a lossy network.
    pub loss: GilbertElliott,
    /// The network's settings.
    pub preset: Preset,
    /// Calls per run.
    pub requests: usize,
    /// Calls at a time.
    pub workers: usize,
    /// The percentage of responses in which the server lies, in the stages where it does.
    pub lies: f64,
    /// The stages.
    pub stages: Vec<&'static Stage>,
}

/// One stage's results.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StageResult {
    /// The stage.
    pub stage: &'static Stage,
    /// The first seed's run in full.
    pub first: Sampled,
    /// Every run's figures, in the order of the seeds.
    pub figures: Vec<Figures>,
}

/// One run in figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Figures {
    /// Calls that brought the document.
    pub ok: usize,
    /// Requests sent.
    pub attempts: u64,
    /// Connection attempts started.
    pub connections: u64,
    /// Virtual time of the run.
    pub took: std::time::Duration,
    /// The longest call that ended.
    pub longest: std::time::Duration,
}

impl Experiment {
    /// The talk's: 100 calls by 10 workers under its loss, with the server's lies at 1 %.
    #[must_use]
    pub fn new(seed: u64, seeds: u64, stages: Vec<&'static Stage>) -> Self {
        let (loss, preset) = (GilbertElliott::TALK, Preset::default());
        Self { seed, seeds, loss, preset, requests: 100, workers: 10, lies: 1.0, stages }
    }

    /// How many runs there are in all.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.seeds.saturating_mul(self.stages.len() as u64)
    }

    /// Runs everything on so many threads; `done` is called after each run.
    ///
    /// # Errors
    /// If a run's runtime cannot be built.
    pub fn run(&self, threads: usize, done: impl Fn() + Sync) -> io::Result<Vec<StageResult>> {
        self.stages.iter().map(|stage| self.run_stage(stage, threads, &done)).collect()
    }

    fn run_stage(
        &self,
        stage: &'static Stage,
        threads: usize,
        done: impl Fn() + Sync,
    ) -> io::Result<StageResult> {
        let run = |seed| -> io::Result<_> {
            let sampled = self.sample(stage, seed, None)?;
            let figures = Figures::of(&sampled);
            Ok((figures, (seed == self.seed).then_some(sampled)))
        };
        let (mut first, mut figures) = (Sampled::default(), Vec::new());
        for result in over_seeds(self.seed, self.seeds, threads, run, done) {
            let (of_run, sampled) = result?;
            figures.push(of_run);
            first = sampled.unwrap_or(first);
        }
        Ok(StageResult { stage, first, figures })
    }

    /// Runs each stage's first seed once more and captures its packets: of the probe's this share (0..1).
    ///
    /// Captures follow the stages' order. They change nothing in the runs, and cost nothing in the others.
    ///
    /// # Errors
    /// If a run's runtime cannot be built.
    pub fn captures(&self, share: f64, threads: usize, done: impl Fn() + Sync) -> io::Result<Vec<Capture>> {
        let capture = |stage: usize| {
            let tap = Tap::new();
            let sampled = self.sample(self.stages[stage], self.seed, Some(tap.clone()))?;
            Ok(Capture::new(&tap, self.seed, sampled.took, share))
        };
        let stages = self.stages.len() as u64;
        over_seeds(0, stages, threads, |stage| capture(stage as usize), done).into_iter().collect()
    }

    fn sample(&self, stage: &Stage, seed: u64, tap: Option<Tap>) -> io::Result<Sampled> {
        let settings = self.world(stage, seed);
        World::run_tapped(settings, tap, |world| self.sampler(stage).sample(world, stage.run))
    }

    /// The world of a stage in the run with this seed.
    #[must_use]
    pub fn world(&self, stage: &Stage, seed: u64) -> Settings {
        Settings {
            seed,
            loss: stage.loss.of(self.loss),
            knobs: self.preset.knobs(),
            size: SIZE,
            lies: if stage.lies { self.lies / 100.0 } else { 0.0 },
        }
    }

    /// How a stage is called.
    #[must_use]
    pub fn sampler(&self, stage: &Stage) -> Sampler {
        let horizon = stage.horizon.unwrap_or(NO_HORIZON);
        Sampler { requests: self.requests, workers: self.workers, horizon }
    }
}

impl Figures {
    pub(crate) fn of(sampled: &Sampled) -> Self {
        Self {
            ok: sampled.ok(),
            attempts: sampled.attempts,
            connections: sampled.connections,
            took: sampled.took,
            longest: sampled.longest(),
        }
    }
}
