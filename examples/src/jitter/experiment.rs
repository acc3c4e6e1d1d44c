//! Every backoff with every number of clients over every seed.

use super::{
    contest::{Contest, contest},
    grain::grained,
    variants::{VARIANTS, Variant},
};
use crate::sim::seeds::over_seeds;
use serde::Serialize;
use std::{io, time::Duration};

/// The numbers of clients.
pub const CLIENTS: &[usize] = &[10, 25, 50, 75, 100, 125, 150, 175, 200];

/// One backoff with one number of clients: means over the seeds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Point {
    /// The backoff's name.
    pub variant: &'static str,
    /// The number of clients.
    pub clients: usize,
    /// Calls of all clients.
    pub calls: f64,
    /// Milliseconds until the last client has written.
    pub milliseconds: f64,
}

/// What the grain of the clock adds to the contest without backoff, whose waits are the shortest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Rounding {
    /// The number of clients.
    pub clients: usize,
    /// Contests with a grain, and as many without one.
    pub runs: u64,
    /// Calls of all clients where no wait is rounded.
    pub exact_calls: f64,
    /// Milliseconds until the last client has written, there.
    pub exact_milliseconds: f64,
    /// What the grain adds to the calls, in percent.
    pub adds_to_calls_percent: f64,
    /// What it adds to the milliseconds.
    pub adds_to_milliseconds_percent: f64,
}

/// Compares the contest without backoff among a hundred clients, AWS's number, with the same without a grain: over `count` seeds
/// from `seed`, and over two hundred at least.
#[must_use]
pub fn rounding(seed: u64, count: u64, threads: usize) -> Option<Rounding> {
    const AWS: usize = 100;
    // So many that the figure is known within half a percent; they are quick.
    const LEAST: u64 = 200;
    let count = count.max(LEAST);
    let none = VARIANTS.iter().find(|variant| variant.name == "none")?;
    let mean = |grain: Duration| {
        let runs = over_seeds(seed, count, threads, |seed| grained(none, AWS, seed, grain), || ());
        let mean = |sum: f64| sum / runs.len().max(1) as f64;
        (
            mean(runs.iter().map(|run| run.calls as f64).sum()),
            mean(runs.iter().map(|run| run.took.as_secs_f64() * 1e3).sum()),
        )
    };
    let (exact, grained) = (mean(Duration::ZERO), mean(Duration::from_millis(1)));
    let tenths = |value: f64| (value * 10.0).round() / 10.0;
    let adds = |grained: f64, exact: f64| tenths((grained / exact - 1.0) * 100.0);
    Some(Rounding {
        clients: AWS,
        runs: count,
        exact_calls: tenths(exact.0),
        exact_milliseconds: tenths(exact.1),
        adds_to_calls_percent: adds(grained.0, exact.0),
        adds_to_milliseconds_percent: adds(grained.1, exact.1),
    })
}

/// Runs all backoffs with all numbers of clients over `count` seeds from `seed` on so many threads; `done` is called
/// after each run.
///
/// # Errors
/// If a run's runtime cannot be built.
pub fn contests(seed: u64, count: u64, threads: usize, done: impl Fn() + Sync) -> io::Result<Vec<Point>> {
    let cases = VARIANTS.iter().flat_map(|variant| CLIENTS.iter().map(move |clients| (variant, *clients)));
    cases.map(|(variant, clients)| point(variant, clients, seed, count, threads, &done)).collect()
}

/// Runs one backoff with one number of clients.
///
/// # Errors
/// If a run's runtime cannot be built.
pub fn point(
    variant: &Variant,
    clients: usize,
    seed: u64,
    count: u64,
    threads: usize,
    done: impl Fn() + Sync,
) -> io::Result<Point> {
    let runs = over_seeds(seed, count, threads, |seed| contest(variant, clients, seed), done);
    let runs: Vec<Contest> = runs.into_iter().collect::<io::Result<_>>()?;
    let mean = |sum: f64| (sum / runs.len().max(1) as f64 * 10.0).round() / 10.0;
    Ok(Point {
        variant: variant.name,
        clients,
        calls: mean(runs.iter().map(|run| run.calls as f64).sum()),
        milliseconds: mean(runs.iter().map(|run| run.took.as_secs_f64() * 1e3).sum()),
    })
}
