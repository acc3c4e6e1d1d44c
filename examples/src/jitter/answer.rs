use super::{CLIENTS, VARIANTS, contests, csv, json, picture, rounding, table};
use crate::output::{Answer, progress::Progress};
use std::error::Error;

/// Every variant with every number of clients, over all seeds.
///
/// # Errors
/// Never for the values of a real run: they are finite.
pub fn answer(seed: u64, seeds: u64, threads: usize) -> Result<Answer, Box<dyn Error>> {
    let points = VARIANTS.len() * CLIENTS.len();
    let progress = Progress::new(seeds.saturating_mul(points as u64));
    let points = contests(seed, seeds, threads, || progress.advance())?;
    drop(progress);
    let rounding = rounding(seed, seeds, threads);
    let files = [
        ("jitter.csv", csv(&points)),
        ("jitter.json", json(seed, seeds, &points, rounding)?),
        ("jitter.svg", picture(&points).standalone()),
    ];
    Ok(Answer::new(files, table(seed, seeds, &points, rounding)))
}
