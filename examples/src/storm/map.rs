//! Who recovers where: every variant over the load and the first wait.

use super::{
    clients::storm,
    figures::Figures,
    setting::Setting,
    variants::{VARIANTS, Variant},
};
use crate::sim::seeds::over_seeds;
use serde::Serialize;
use std::{io, time::Duration};

/// The loads, in percent of what the server manages with an empty queue.
pub const LOADS: [u32; 6] = [60, 70, 75, 80, 85, 90];

/// The first waits, in milliseconds.
pub const WAITS: [u64; 5] = [100, 300, 500, 1_000, 2_000];

/// A load, a first wait, and how many of the runs recovered.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Cell {
    /// The variant's name.
    pub variant: &'static str,
    /// The load in percent of the server's rate.
    pub load_percent: u32,
    /// The wait before the first retry; none for who does not wait.
    pub first_wait_ms: Option<u64>,
    /// Runs that recovered.
    pub recovered: u64,
    /// All runs.
    pub runs: u64,
}

impl Cell {
    /// What was measured with this load and this first wait.
    #[must_use]
    pub fn new(
        variant: &'static str,
        load_percent: u32,
        first_wait_ms: Option<u64>,
        recovered: u64,
        runs: u64,
    ) -> Self {
        Self { variant, load_percent, first_wait_ms, recovered, runs }
    }
}

/// The setting of each load, with the longest wait: what a map asks of a machine.
pub(super) fn settings(setting: &Setting) -> Vec<Setting> {
    LOADS.map(|load| at(setting, load, WAITS.last().copied())).into()
}

/// The variants with their waits, in the order of the map.
fn fields() -> impl Iterator<Item = (&'static Variant, Vec<Option<u64>>)> {
    VARIANTS.iter().map(|variant| {
        let waits = if variant.waits { WAITS.map(Some).into() } else { vec![None] };
        (variant, waits)
    })
}

/// How many cells there are.
#[must_use]
pub fn cells() -> u64 {
    fields().map(|(_, waits)| (waits.len() * LOADS.len()) as u64).sum()
}

/// Measures all cells with the same `count` seeds from `seed`, on so many threads; `done` is called after each run.
///
/// # Errors
/// If a run's runtime cannot be built.
pub fn map(
    setting: &Setting,
    (seed, count): (u64, u64),
    threads: usize,
    done: impl Fn() + Sync,
) -> io::Result<Vec<Cell>> {
    let mut all = Vec::new();
    for (variant, waits) in fields() {
        for load in LOADS {
            for wait in &waits {
                all.push(cell(setting, (variant, load, *wait), (seed, count), threads, &done)?);
            }
        }
    }
    Ok(all)
}

/// Measures one cell.
///
/// # Errors
/// If a run's runtime cannot be built.
pub fn cell(
    setting: &Setting,
    (variant, load, wait): (&Variant, u32, Option<u64>),
    (seed, count): (u64, u64),
    threads: usize,
    done: impl Fn() + Sync,
) -> io::Result<Cell> {
    let here = at(setting, load, wait);
    let recovers =
        |seed| storm(&here, variant, seed).map(|run| Figures::of(&here, &run).recovery_seconds.is_some());
    let runs: Vec<bool> =
        over_seeds(seed, count, threads, recovers, done).into_iter().collect::<io::Result<_>>()?;
    let recovered = runs.into_iter().filter(|recovered| *recovered).count() as u64;
    Ok(Cell::new(variant.name, load, wait, recovered, count))
}

fn at(setting: &Setting, load: u32, wait: Option<u64>) -> Setting {
    let mut here = setting.clone();
    here.load = setting.rate * f64::from(load) / 100.0;
    here.first_wait = wait.map_or(here.first_wait, Duration::from_millis);
    here
}
