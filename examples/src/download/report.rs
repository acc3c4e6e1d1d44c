use super::run::{DOWNLOADS, LOSS, Outcome, PRESET};
use serde::Serialize;
use std::{fmt::Write, io};

/// The file `download.json`.
#[derive(Debug, Serialize)]
struct Report {
    seed: u64,
    seeds: u64,
    loss: String,
    preset: &'static str,
    downloads: u64,
    variants: Vec<Row>,
}

/// The means of one variant over all its downloads.
#[derive(Debug, Serialize)]
struct Row {
    silence_seconds: f64,
    resume: bool,
    exact: usize,
    damaged: usize,
    failed: usize,
    sent_bytes: f64,
    requests: f64,
    seconds: f64,
    longest_seconds: f64,
}

/// A line of `download.csv`: one download.
#[derive(Debug, Serialize)]
struct Line {
    silence_seconds: f64,
    resume: bool,
    seed: u64,
    exact: bool,
    requests: u64,
    sent_bytes: u64,
    seconds: f64,
}

/// `download.csv`: every download.
///
/// # Errors
/// Never for the values of a real run: they are numbers.
pub fn csv(seed: u64, outcomes: &[Outcome]) -> io::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for outcome in outcomes {
        for (index, run) in outcome.runs.iter().enumerate() {
            for download in run {
                writer.serialize(Line {
                    silence_seconds: outcome.variant.silence.as_secs_f64(),
                    resume: outcome.variant.resume,
                    seed: seed.wrapping_add(index as u64),
                    exact: download.exact,
                    requests: download.requests,
                    sent_bytes: download.sent,
                    seconds: download.took.as_secs_f64(),
                })?;
            }
        }
    }
    let bytes = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// `download.json`: the means.
///
/// # Errors
/// Never for the values of a real run: they are finite.
pub fn json(seed: u64, seeds: u64, outcomes: &[Outcome]) -> serde_json::Result<String> {
    let report = Report {
        seed,
        seeds,
        loss: LOSS.to_string(),
        preset: PRESET.name(),
        downloads: DOWNLOADS,
        variants: outcomes.iter().map(Row::of).collect(),
    };
    serde_json::to_string_pretty(&report).map(|text| text + "\n")
}

/// The means as a table.
#[must_use]
pub fn table(seed: u64, seeds: u64, outcomes: &[Outcome]) -> String {
    let mut text = format!(
        "{:>9}  {:<7}  {:>11}  {:>7}  {:>13}  {:>9}  {:>9}",
        "silence s", "resumed", "exact", "sent kB", "requests/file", "virtual s", "longest s"
    );
    // Writing to a string cannot fail.
    for row in outcomes.iter().map(Row::of) {
        let _ = write!(
            text,
            "\n{:>9}  {:<7}  {:>11}  {:>7.1}  {:>13.2}  {:>9.2}  {:>9.1}",
            row.silence_seconds,
            if row.resume { "yes" } else { "no" },
            format!("{} of {}", row.exact, row.exact + row.damaged + row.failed),
            row.sent_bytes / 1e3,
            row.requests,
            row.seconds,
            row.longest_seconds,
        );
    }
    let _ = write!(
        text,
        "\n\n{DOWNLOADS} downloads of 200 kB a run, loss {LOSS} %, preset {}. Means of a file, over {seeds} seed(s) from \
         {seed}.\n",
        PRESET.name()
    );
    text
}

impl Row {
    fn of(outcome: &Outcome) -> Self {
        let downloads = || outcome.runs.iter().flatten();
        let count = downloads().count();
        let mean = |sum: f64| rounded(sum / count.max(1) as f64);
        let exact = downloads().filter(|download| download.exact).count();
        let damaged = downloads().filter(|download| download.damaged).count();
        Self {
            silence_seconds: outcome.variant.silence.as_secs_f64(),
            resume: outcome.variant.resume,
            exact,
            damaged,
            failed: count - exact - damaged,
            sent_bytes: mean(downloads().map(|download| download.sent as f64).sum()),
            requests: mean(downloads().map(|download| download.requests as f64).sum()),
            seconds: mean(downloads().map(|download| download.took.as_secs_f64()).sum()),
            longest_seconds: downloads()
                .map(|download| download.took)
                .max()
                .unwrap_or_default()
                .as_secs_f64(),
        }
    }
}

/// Four decimals: more would only show rounding errors.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}
