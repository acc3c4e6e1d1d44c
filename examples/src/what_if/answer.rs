//! `try`: one policy on one network.

use super::{
    Figures, Run, Settings, Trial,
    against::Differences,
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
    let figures = Figures::of(&runs, settings.load.workers);
    let mut files = vec![
        ("try.csv".to_owned(), report::csv(&settings, &runs)?),
        ("try.json".to_owned(), report::json(&settings, &figures)?),
    ];
    let table = report::table(&settings, &figures);
    if let Some(against) = trial.against() {
        return compared(&settings, &runs, &against, threads, files, &table);
    }
    if !trial.kernel {
        return Ok(without_stale(files, table));
    }
    let runs = measured(&settings, &runs)?;
    let figures = Figures::of(&runs, settings.load.workers);
    files.push(("try-kernel.csv".to_owned(), report::csv(&settings, &runs)?));
    files.push(("try-kernel.json".to_owned(), report::json(&settings, &figures)?));
    let kernel = report::figures_table(&figures);
    Ok(without_stale(
        files,
        format!("In the lab:\n\n{table}\nOver Linux {}, server hyper:\n\n{kernel}", version()),
    ))
}

/// The other policy on the same seeds.
fn compared(
    settings: &Settings,
    runs: &[Run],
    against: &Settings,
    threads: usize,
    mut files: Vec<(String, String)>,
    table: &str,
) -> Result<Answer, Box<dyn Error>> {
    let progress = Progress::new(settings.load.seeds);
    let others = super::runs(against, threads, || progress.advance())?;
    drop(progress);
    let differences = Differences::of(settings, [runs, &others]);
    let figures = Figures::of(&others, settings.load.workers);
    files.push(("try-against.csv".to_owned(), report::csv(against, &others)?));
    files.push(("try-against.json".to_owned(), report::json(against, &figures)?));
    files.push(("try-difference.csv".to_owned(), differences.csv()?));
    let text = format!("{table}\n{}", differences.table(settings, against));
    Ok(without_stale(files, text))
}

/// An answer beside which nothing stays of other questions of this kind.
fn without_stale(files: Vec<(String, String)>, text: String) -> Answer {
    let mut answer = Answer::new(files, text);
    answer.stale = vec![
        "try-kernel.csv",
        "try-kernel.json",
        "try-against.csv",
        "try-against.json",
        "try-difference.csv",
    ];
    answer
}

fn measured(settings: &Settings, lab: &[Run]) -> Result<Vec<Run>, Missing> {
    let longest = lab.iter().map(|run| run.took).max().unwrap_or_default();
    let calls = settings.load.seeds * settings.load.requests as u64;
    let about = takes(settings.load.seeds, AT_ONCE, longest);
    let progress = Progress::until(calls, "calls over the kernel", about);
    runs_over_kernel(settings, |calls| progress.advance_by(calls))
}
