//! Every variant over every seed.

use super::{
    latencies::Latencies,
    slow::tail,
    stall::{STALL, Second, recovery, stall},
    variants::{STALLS, TAILS},
};
use crate::sim::seeds::over_seeds;
use serde::Serialize;
use std::io;

/// What one variant comes to where one answer in a hundred is slow: all calls of all seeds together.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Tail {
    /// The variant's name.
    pub variant: &'static str,
    /// Half of the calls took at most so many milliseconds.
    pub p50: u64,
    /// 99 % of them did.
    pub p99: u64,
    /// 99.9 % of them did.
    pub p999: u64,
    /// The mean in milliseconds.
    pub mean: f64,
    /// Requests beyond one a call, in percent.
    pub extra_percent: f64,
    /// The whole distribution.
    #[serde(skip)]
    pub latencies: Latencies,
}

/// What one variant comes to around the stall: means over the seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Stalled {
    /// The variant's name.
    pub variant: &'static str,
    /// The share of the runs that came back.
    pub back: f64,
    /// Seconds from the end of the stall until then, in the run that took longest; none if one never came back.
    pub seconds: Option<usize>,
    /// Requests per call, from the stall's beginning to the end of the run.
    pub requests_per_call: f64,
    /// Requests per call in the second that has the most: means of the seeds.
    pub worst_second: f64,
    /// Answers in time per call, in the same stretch.
    pub answered: f64,
    /// The first seed's seconds.
    #[serde(skip)]
    pub first: Vec<Second>,
}

/// Runs all of [`TAILS`] over `count` seeds from `seed` on so many threads; `done` is called after each run.
///
/// # Errors
/// If a run's runtime cannot be built.
pub fn tails(seed: u64, count: u64, threads: usize, done: impl Fn() + Sync) -> io::Result<Vec<Tail>> {
    let of = |variant| {
        let runs = over_seeds(seed, count, threads, |seed| tail(variant, seed), &done);
        let (mut latencies, mut requests) = (Latencies::default(), 0);
        for run in runs {
            let (of_run, sent) = run?;
            latencies.merge(&of_run);
            requests += sent;
        }
        let extra = requests as f64 / latencies.calls().max(1) as f64 - 1.0;
        Ok(Tail {
            variant: variant.name,
            p50: latencies.per_mille(500),
            p99: latencies.per_mille(990),
            p999: latencies.per_mille(999),
            mean: rounded(latencies.mean()),
            extra_percent: rounded(100.0 * extra),
            latencies,
        })
    };
    TAILS.iter().map(of).collect()
}

/// Runs all of [`STALLS`] over `count` seeds from `seed` on so many threads; `done` is called after each run.
///
/// # Errors
/// If a run's runtime cannot be built.
pub fn stalls(seed: u64, count: u64, threads: usize, done: impl Fn() + Sync) -> io::Result<Vec<Stalled>> {
    let of = |variant| {
        let runs = over_seeds(seed, count, threads, |seed| stall(variant, seed), &done);
        let runs: Vec<Vec<Second>> = runs.into_iter().collect::<io::Result<_>>()?;
        let back: Vec<Option<usize>> = runs.iter().map(|run| recovery(run)).collect();
        let sum = |of: fn(&Second) -> u64| {
            runs.iter().flat_map(|run| &run[STALL.start..]).map(of).sum::<u64>() as f64
        };
        let calls = sum(|second| second.calls).max(1.0);
        Ok(Stalled {
            variant: variant.name,
            back: back.iter().flatten().count() as f64 / back.len().max(1) as f64,
            seconds: back.iter().copied().collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().max()),
            requests_per_call: rounded(sum(|second| second.requests) / calls),
            worst_second: rounded(runs.iter().map(|run| worst(run)).sum::<f64>() / runs.len().max(1) as f64),
            answered: rounded(sum(|second| second.goodput) / calls),
            first: runs.into_iter().next().unwrap_or_default(),
        })
    };
    STALLS.iter().map(of).collect()
}

fn worst(run: &[Second]) -> f64 {
    run.iter().map(|second| second.requests as f64 / second.calls.max(1) as f64).fold(0.0, f64::max)
}

/// Four decimals: more would only show rounding errors.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}
