use super::{csv, downloads, json, plot::costs, row::Row, run::Outcome, table, variants, variants::SILENCE};
use crate::output::{Answer, plot::Svg, progress::Progress};
use std::{error::Error, time::Duration};

/// Every variant over all seeds.
///
/// # Errors
/// Never for the values of a real run: they are finite.
pub fn answer(seed: u64, seeds: u64, threads: usize) -> Result<Answer, Box<dyn Error>> {
    let progress = Progress::new(variants().into_iter().map(|variant| variant.runs(seeds)).sum());
    let outcomes = downloads(seed, seeds, threads, || progress.advance())?;
    drop(progress);
    let files = [
        ("download.csv", csv(seed, &outcomes)?),
        ("download.json", json(seed, seeds, &outcomes)?),
        ("download.svg", picture(&outcomes).standalone()),
    ];
    Ok(Answer::new(files, table(seed, seeds, &outcomes)))
}

/// What each way costs, at the silence of the recipe.
#[must_use]
pub fn picture(outcomes: &[Outcome]) -> Svg {
    let silence = Duration::from_millis(SILENCE);
    let shown = outcomes.iter().filter(|outcome| outcome.variant.silence == silence);
    costs(&shown.map(Row::of).collect::<Vec<_>>())
}
