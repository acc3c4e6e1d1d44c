//! The table on the terminal.

use super::summary::{StageSummary, Summary};
use std::fmt::Write;

/// A column: its heading, and what stands in it.
type Column = (String, fn(&StageSummary) -> String);

/// The summary as a table, one line a stage.
#[must_use]
pub fn table(summary: &Summary) -> String {
    let columns: [Column; 7] = [
        ("talk".into(), |stage| stage.talk_ok.map_or_else(|| "-".into(), |ok| ok.to_string())),
        (format!("seed {}", summary.seed), |stage| stage.ok.to_string()),
        ("mean".into(), |stage| format!("{:.2}", stage.mean_ok)),
        (summary.range().into(), |stage| format!("{}..{}", stage.p5_ok, stage.p95_ok)),
        ("requests/call".into(), |stage| format!("{:.2}", stage.attempts_per_call)),
        ("virtual s".into(), |stage| format!("{:.1}", stage.virtual_seconds)),
        ("longest s".into(), |stage| format!("{:.1}", stage.longest_seconds)),
    ];
    let names = summary.stages.iter().map(|stage| stage.name.len());
    let name_width = names.max().unwrap_or(0).max("stage".len());
    let mut text = format!("{:name_width$}", "stage");
    // Writing to a string cannot fail.
    for (heading, _) in &columns {
        let _ = write!(text, "  {heading:>width$}", width = width(heading));
    }
    for stage in &summary.stages {
        let _ = write!(text, "\n{:name_width$}", stage.name);
        for (heading, cell) in &columns {
            let _ = write!(text, "  {:>width$}", cell(stage), width = width(heading));
        }
    }
    let _ = write!(
        text,
        "\n\n{requests} calls by {workers} workers, loss {loss} %, preset {preset}. Successes of seed {seed}, and \
         means over {seeds} seed(s).\n\
         From own-retry on, {lies} % of the server's answers are corrupt: empty, or cut short behind a matching length.\n",
        requests = summary.requests,
        workers = summary.workers,
        loss = summary.loss,
        preset = summary.preset,
        seed = summary.seed,
        seeds = summary.seeds,
        lies = summary.lies,
    );
    text
}

/// Room for the heading and for any figure of a run of 1000 calls.
fn width(heading: &str) -> usize {
    heading.len().max(8)
}
