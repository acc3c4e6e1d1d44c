use super::{STALLS, TAILS, csv, json, seconds_csv, slower_than, stalled, stalls, table, tails};
use crate::output::{Answer, progress::Progress};
use std::error::Error;

/// Slow answers and a stalled server, every variant over all seeds.
///
/// # Errors
/// Never for the values of a real run: they are finite.
pub fn answer(seed: u64, seeds: u64, threads: usize) -> Result<Answer, Box<dyn Error>> {
    let variants = TAILS.len() + STALLS.len();
    let progress = Progress::new(seeds.saturating_mul(variants as u64));
    let tails = tails(seed, seeds, threads, || progress.advance())?;
    let stalls = stalls(seed, seeds, threads, || progress.advance())?;
    drop(progress);
    let plots = [slower_than(&tails), stalled(&stalls)];
    let mut files: Vec<_> =
        plots.iter().map(|plot| (format!("{}.svg", plot.name()), plot.standalone())).collect();
    files.extend([
        ("tail.csv".to_owned(), csv(&tails)),
        ("stall.csv".to_owned(), seconds_csv(&stalls)),
        ("tail.json".to_owned(), json(seed, seeds, &tails, &stalls)?),
    ]);
    Ok(Answer::new(files, table(seed, seeds, &tails, &stalls)))
}
