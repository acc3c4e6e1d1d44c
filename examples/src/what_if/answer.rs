//! `try`: one policy on one network.

use super::{Figures, Question, Settings, report, runs};
use crate::output::{Answer, progress::Progress};
use std::error::Error;

/// Measures what was asked.
///
/// # Errors
/// If a run's runtime cannot be built.
pub fn answer(question: &Question, threads: usize) -> Result<Answer, Box<dyn Error>> {
    let settings = question.settings(Settings::default());
    let progress = Progress::new(settings.load.seeds);
    let runs = runs(&settings, threads, || progress.advance())?;
    drop(progress);
    let figures = Figures::of(&runs, settings.load.seed);
    let files = vec![
        ("try.csv".to_owned(), report::csv(&settings, &runs)?),
        ("try.json".to_owned(), report::json(&settings, &figures)?),
    ];
    Ok(Answer::new(files, report::table(&settings, &figures)))
}
