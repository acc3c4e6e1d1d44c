//! Every backoff with every number of clients over every seed.

use super::{
    contest::{Contest, contest},
    variants::{VARIANTS, Variant},
};
use crate::sim::seeds::over_seeds;
use serde::Serialize;
use std::io;

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
