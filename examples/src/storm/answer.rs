use super::{VARIANTS, csv, json, picture, storms, table};
use crate::output::{Answer, progress::Progress};
use std::error::Error;

/// Every variant over all seeds.
///
/// # Errors
/// Never for the values of a real run: they are finite.
pub fn answer(seed: u64, seeds: u64, threads: usize) -> Result<Answer, Box<dyn Error>> {
    let progress = Progress::new(seeds.saturating_mul(VARIANTS.len() as u64));
    let outcomes = storms(seed, seeds, threads, || progress.advance())?;
    drop(progress);
    let files = [
        ("storm.csv", csv(&outcomes)),
        ("storm.json", json(seed, seeds, &outcomes)?),
        ("storm.svg", picture(&outcomes).standalone()),
    ];
    Ok(Answer::new(files, table(seed, seeds, &outcomes)))
}
