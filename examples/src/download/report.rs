use super::{row::Row, run::Outcome, trouble::PRESET};
use serde::Serialize;
use std::{fmt::Write, io};

/// The file `download.json`.
#[derive(Debug, Serialize)]
struct Report {
    seed: u64,
    seeds: u64,
    preset: &'static str,
    variants: Vec<Row>,
}

/// A line of `download.csv`: one download.
#[derive(Debug, Serialize)]
struct Line<'a> {
    file_bytes: u32,
    trouble: &'a str,
    silence_seconds: f64,
    way: &'static str,
    seed: u64,
    exact: bool,
    requests: u64,
    sent_bytes: u64,
    held_bytes: u64,
    seconds: f64,
}

/// `download.csv`: every download.
///
/// # Errors
/// Never for the values of a real run: they are numbers.
pub fn csv(seed: u64, outcomes: &[Outcome]) -> io::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for outcome in outcomes {
        let trouble = outcome.variant.trouble.to_string();
        for (index, run) in outcome.runs.iter().enumerate() {
            for download in run {
                writer.serialize(Line {
                    file_bytes: outcome.variant.length,
                    trouble: &trouble,
                    silence_seconds: outcome.variant.silence.as_secs_f64(),
                    way: outcome.variant.way.name(),
                    seed: seed.wrapping_add(index as u64),
                    exact: download.exact,
                    requests: download.requests,
                    sent_bytes: download.sent,
                    held_bytes: download.held,
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
    let report =
        Report { seed, seeds, preset: PRESET.name(), variants: outcomes.iter().map(Row::of).collect() };
    serde_json::to_string_pretty(&report).map(|text| text + "\n")
}

/// The means as tables, one for each file and trouble.
#[must_use]
pub fn table(seed: u64, seeds: u64, outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    let mut before = None;
    // Writing to a string cannot fail.
    for row in outcomes.iter().map(Row::of) {
        let case = (row.file, row.trouble.clone());
        if before.as_ref() != Some(&case) {
            let gap = if before.is_none() { "" } else { "\n" };
            let _ = writeln!(
                text,
                "{gap}{}, {}\n{:>9}  {:<7}  {:>12}  {:>9}  {:>13}  {:>9}  {:>9}  {:>8}",
                row.file,
                row.trouble,
                "silence s",
                "way",
                "exact",
                "sent/file",
                "requests/file",
                "virtual s",
                "longest s",
                "held kB"
            );
            before = Some(case);
        }
        let _ = writeln!(
            text,
            "{:>9}  {:<7}  {:>12}  {:>9.3}  {:>13.2}  {:>9.2}  {:>9.1}  {:>8.1}",
            row.silence_seconds,
            row.way,
            format!("{} of {}", row.exact, row.downloads()),
            row.sent_per_byte(),
            row.requests,
            row.seconds,
            row.longest_seconds,
            row.held_bytes as f64 / 1e3,
        );
    }
    let _ = write!(
        text,
        "\nMeans of a download, those that failed among them; the longest, and the most held, of all. Preset {}, {seeds} \
         seed(s) from {seed}: 10 short downloads a run, a long one for each tenth seed.\n",
        PRESET.name()
    );
    text
}
