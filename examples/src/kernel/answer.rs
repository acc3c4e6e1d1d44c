//! `kernel`: every chosen stage over the kernel, beside the lab.

use super::{
    KernelRuns,
    files::{Report, calls_csv, captures, runs_csv},
    measure::{expected, measure},
    page::page,
    table::table,
};
use crate::{
    output::{Answer, File, progress::Progress},
    sim::kernel::{Program, version},
    talk::{experiment::Figures, stages::Stage},
};
use std::{error::Error, process::Command, time::SystemTime};

/// Measures what was asked, and runs the same in the lab.
///
/// # Errors
/// If a network cannot be made.
pub fn answer(asked: &KernelRuns, threads: usize) -> Result<Answer, Box<dyn Error>> {
    let experiment = asked.experiment();
    let progress = Progress::new(experiment.runs());
    let lab = experiment.run(threads, || progress.advance())?;
    drop(progress);
    let lab: Vec<(&'static Stage, Vec<Figures>)> =
        lab.into_iter().map(|result| (result.stage, result.figures)).collect();

    let calls = asked.runs * (experiment.stages.len() * experiment.requests) as u64;
    let progress = Progress::until(calls, "calls over the kernel", expected(asked, &lab));
    let runs = measure(asked, &experiment, |calls| progress.advance_by(calls))?;
    drop(progress);

    let report = Report::new(asked, &experiment, &lab, &runs, [version(), date(), server(asked.server)]);
    let mut files: Vec<File> = vec![
        ("kernel.json".to_owned(), report.json()?.into_bytes()),
        ("kernel.csv".to_owned(), runs_csv(&runs)?.into_bytes()),
        ("calls.csv".to_owned(), calls_csv(&runs)?.into_bytes()),
    ];
    files.extend(captures(&runs));
    files.extend(page(asked, &report, &files));
    let text = table(&report, asked.compare);
    let page = asked.out.join("index.html");
    Ok(Answer::new(files, format!("{text}\nAll of it to look at: {}\n", page.display())))
}

/// The server's name, with its version where it is another program.
fn server(program: Program) -> String {
    if program == Program::Hyper {
        return "hyper".into();
    }
    // "nginx version: nginx/1.22.1"
    let said = Command::new("nginx").arg("-v").output().map(|output| output.stderr).unwrap_or_default();
    String::from_utf8_lossy(&said).trim().rsplit(' ').next().unwrap_or_default().to_owned()
}

#[allow(clippy::disallowed_methods, reason = "a measurement says when it was made")]
fn date() -> String {
    let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    now.split('T').next().unwrap_or_default().to_owned()
}
