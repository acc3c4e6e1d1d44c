//! `try`: one policy on one network.

use super::{
    Figures, Run, Settings, Trial,
    over_kernel::{AT_ONCE, runs_over_kernel},
    report, runs,
};
use crate::{
    output::{Answer, progress::Progress},
    sim::kernel::{Missing, takes, version},
};
use std::error::Error;

/// Measures what was asked.
///
/// # Errors
/// If a run's runtime cannot be built, or a network over the kernel.
pub fn answer(trial: &Trial, threads: usize) -> Result<Answer, Box<dyn Error>> {
    let settings = trial.question().settings(Settings::default());
    let progress = Progress::new(settings.load.seeds);
    let runs = runs(&settings, threads, || progress.advance())?;
    drop(progress);
    let figures = Figures::of(&runs, settings.load.seed);
    let mut files = vec![
        ("try.csv".to_owned(), report::csv(&settings, &runs)?),
        ("try.json".to_owned(), report::json(&settings, &figures)?),
    ];
    let table = report::table(&settings, &figures);
    if !trial.kernel {
        return Ok(Answer::new(files, table));
    }
    let runs = measured(&settings, &runs)?;
    let figures = Figures::of(&runs, settings.load.seed);
    files.push(("try-kernel.csv".to_owned(), report::csv(&settings, &runs)?));
    files.push(("try-kernel.json".to_owned(), report::json(&settings, &figures)?));
    let kernel = report::figures_table(&figures);
    Ok(Answer::new(
        files,
        format!("In the lab:\n\n{table}\nOver Linux {}, server hyper:\n\n{kernel}", version()),
    ))
}

fn measured(settings: &Settings, lab: &[Run]) -> Result<Vec<Run>, Missing> {
    let longest = lab.iter().map(|run| run.took).max().unwrap_or_default();
    let calls = settings.load.seeds * settings.load.requests as u64;
    let about = takes(settings.load.seeds, AT_ONCE, longest);
    let progress = Progress::until(calls, "calls over the kernel", about);
    runs_over_kernel(settings, |calls| progress.advance_by(calls))
}
