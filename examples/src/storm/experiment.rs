//! Every variant over every seed.

use super::{
    clients::storm,
    figures::Figures,
    record::{MeanSecond, Second},
    setting::Setting,
    spread::Spread,
    variants::{VARIANTS, Variant},
};
use crate::sim::seeds::over_seeds;
use serde::Serialize;
use std::io;

/// One variant's results.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Outcome {
    /// The variant's name.
    pub variant: &'static str,
    /// Whether something bounds its retries.
    #[serde(skip)]
    pub budgeted: bool,
    /// The means over the seeds.
    #[serde(flatten)]
    pub mean: Figures,
    /// How far the seeds lie apart.
    #[serde(flatten)]
    pub spread: Spread,
    /// The seconds of the first seed.
    #[serde(skip)]
    pub first: Vec<Second>,
    /// The means of each second over the seeds.
    #[serde(skip)]
    pub seconds: Vec<MeanSecond>,
}

/// Runs all variants over `count` seeds from `seed` on so many threads; `done` is called after each run.
///
/// # Errors
/// If a run's runtime cannot be built.
pub fn storms(
    setting: &Setting,
    seed: u64,
    count: u64,
    threads: usize,
    done: impl Fn() + Sync,
) -> io::Result<Vec<Outcome>> {
    let seeds = (seed, count);
    VARIANTS.iter().map(|variant| outcome(setting, variant, seeds, threads, &done)).collect()
}

fn outcome(
    setting: &Setting,
    variant: &Variant,
    (seed, count): (u64, u64),
    threads: usize,
    done: impl Fn() + Sync,
) -> io::Result<Outcome> {
    let runs = over_seeds(seed, count, threads, |seed| storm(setting, variant, seed), done);
    let runs: Vec<Vec<Second>> = runs.into_iter().collect::<io::Result<_>>()?;
    let figures: Vec<Figures> = runs.iter().map(|run| Figures::of(setting, run)).collect();
    let seconds = MeanSecond::over(&runs);
    let first = runs.into_iter().next().unwrap_or_default();
    let Variant { name, budgeted, .. } = *variant;
    let (mean, spread) = (Figures::mean(&figures), Spread::of(&figures));
    Ok(Outcome { variant: name, budgeted, mean, spread, first, seconds })
}
