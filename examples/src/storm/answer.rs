use super::{
    VARIANTS, arguments::Storm, cells, csv, json, map, map_csv, map_picture, map_table, picture, storms,
    table,
};
use crate::output::{Answer, progress::Progress};
use std::error::Error;

/// Every variant over all seeds, or the map of them.
///
/// # Errors
/// Never for the values of a real run: they are finite.
pub fn answer(asked: &Storm, threads: usize) -> Result<Answer, Box<dyn Error>> {
    let (setting, seed, seeds) = (asked.setting(), asked.seed, asked.seeds);
    if asked.map {
        let progress = Progress::new(seeds.saturating_mul(cells()));
        let cells = map(&setting, (seed, seeds), threads, || progress.advance())?;
        drop(progress);
        let files = [
            ("storm-map.csv", map_csv(&cells)),
            ("storm-map.json", json(&setting, seed, seeds, &cells)?),
            ("storm-map.svg", map_picture(&cells).standalone()),
        ];
        return Ok(Answer::new(files, map_table(&setting, seed, seeds, &cells)));
    }
    let progress = Progress::new(seeds.saturating_mul(VARIANTS.len() as u64));
    let outcomes = storms(&setting, seed, seeds, threads, || progress.advance())?;
    drop(progress);
    let files = [
        ("storm.csv", csv(&outcomes)),
        ("storm.json", json(&setting, seed, seeds, &outcomes)?),
        ("storm.svg", picture(&setting, &outcomes).standalone()),
    ];
    Ok(Answer::new(files, table(&setting, seed, seeds, &outcomes)))
}
