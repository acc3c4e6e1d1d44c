//! The table and the files.

use super::{
    arguments::Amplification,
    chain::Chain,
    trials::{Measured, simulate},
};
use crate::output::{Answer, grid, progress::Progress};
use serde::Serialize;
use std::{error::Error, io};

/// A line of `amplification.csv`, and of the list in `amplification.json`.
#[derive(Debug, Serialize)]
struct Row {
    f: f64,
    n: u64,
    k: u64,
    retries: u32,
    success: f64,
    success_simulated: f64,
    success_standard_error: f64,
    attempts: f64,
    attempts_simulated: f64,
    attempts_standard_error: f64,
}

/// The file `amplification.json`.
#[derive(Debug, Serialize)]
struct Report<'a> {
    seed: u64,
    trials: u64,
    chains: &'a [Row],
}

/// Computes and simulates every chain.
///
/// # Errors
/// Never for the values of a real run: they are finite.
pub fn amplification(asked: &Amplification, threads: usize) -> Result<Answer, Box<dyn Error>> {
    let chains = asked.chains();
    let progress = Progress::counting(asked.trials.div_ceil(1_000) * chains.len() as u64, "thousand trials");
    let rows: Vec<Row> = chains
        .into_iter()
        .map(|chain| {
            Row::of(chain, simulate(chain, asked.trials, asked.seed, threads, || progress.advance()))
        })
        .collect();
    drop(progress);
    let report = Report { seed: asked.seed, trials: asked.trials, chains: &rows };
    let json = serde_json::to_string_pretty(&report)? + "\n";
    let files = vec![("amplification.csv".to_owned(), csv(&rows)?), ("amplification.json".to_owned(), json)];
    Ok(Answer::new(files, table(asked, &rows)))
}

fn csv(rows: &[Row]) -> io::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row)?;
    }
    let bytes = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

fn table(asked: &Amplification, rows: &[Row]) -> String {
    let headings =
        ["f", "n", "k", "retries", "S(k)", "simulated", "+-", "attempts", "simulated", "+-", "per success"];
    let cells = rows.iter().map(|row| {
        vec![
            if row.f > 0.0 && row.f < 1e-9 { format!("{:e}", row.f) } else { row.f.to_string() },
            row.n.to_string(),
            row.k.to_string(),
            row.retries.to_string(),
            format!("{:.6}", row.success),
            format!("{:.4}", row.success_simulated),
            format!("{:.4}", row.success_standard_error),
            format!("{:.1}", row.attempts),
            format!("{:.1}", row.attempts_simulated),
            format!("{:.1}", row.attempts_standard_error),
            per_success(row),
        ]
    });
    let text = grid(&headings, cells);
    format!(
        "{text}\nA part fails with probability f; n parts are needed k times over. S(k) = (1 - f^(retries+1))^(nk) is the \
         probability that\nall goes well; attempts are those of a chain until its end or its first lost part. Both are \
         computed, and simulated in\n{} trials with seed {}, with the standard error after +-. The last column is what one \
         success costs to somebody\nwho starts over until all goes well.\n",
        asked.trials, asked.seed
    )
}

fn per_success(row: &Row) -> String {
    let attempts = row.attempts / row.success;
    if attempts < 1e15 { format!("{attempts:.1}") } else { "never".into() }
}

impl Row {
    fn of(chain: Chain, measured: Measured) -> Self {
        Self {
            f: chain.f,
            n: chain.n,
            k: chain.k,
            retries: chain.retries,
            success: chain.succeeds(),
            success_simulated: measured.succeeded,
            success_standard_error: measured.error,
            attempts: chain.attempts(),
            attempts_simulated: measured.attempts,
            attempts_standard_error: measured.attempts_error,
        }
    }
}
