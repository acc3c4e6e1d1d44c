//! The command that makes this page again.

use super::Page;
use crate::talk::{experiment::Experiment, report::Summary, stages::STAGES};

/// The command line of this run.
pub(super) fn command(page: &Page<'_>) -> String {
    let summary = page.summary;
    let mut command = format!("cargo run --release -- --seed {} --seeds {}", summary.seed, summary.seeds);
    for (name, value) in changed(summary) {
        command += &format!(" --{name} {value}");
    }
    if page.probe_share.to_string() != "1" {
        command += &format!(" --capture-probe {}", page.probe_share);
    }
    if summary.stages.len() < STAGES.len() {
        summary.stages.iter().for_each(|stage| command += &format!(" --stage {}", stage.name));
    }
    command
}

/// The settings that are not the talk's, by the names of their options.
pub(super) fn changed(summary: &Summary) -> Vec<(&'static str, String)> {
    let default = Experiment::new(1, 100, Vec::new());
    let settings = [
        ("loss", summary.loss.clone(), default.loss.to_string()),
        ("preset", summary.preset.to_owned(), default.preset.name().to_owned()),
        ("requests", summary.requests.to_string(), default.requests.to_string()),
        ("workers", summary.workers.to_string(), default.workers.to_string()),
        ("lies", summary.lies.to_string(), default.lies.to_string()),
    ];
    let changed = settings.into_iter().filter(|(_, value, by_default)| value != by_default);
    changed.map(|(name, value, _)| (name, value)).collect()
}
