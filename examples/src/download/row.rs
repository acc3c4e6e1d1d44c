//! The means of one variant over all its downloads.

use super::run::Outcome;
use serde::Serialize;

/// A row of the table, and of `download.json`.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) file: &'static str,
    pub(super) file_bytes: u32,
    pub(super) trouble: String,
    pub(super) silence_seconds: f64,
    pub(super) way: &'static str,
    pub(super) exact: usize,
    pub(super) damaged: usize,
    pub(super) failed: usize,
    pub(super) sent_bytes: f64,
    pub(super) requests: f64,
    pub(super) seconds: f64,
    pub(super) longest_seconds: f64,
    /// The most of all downloads.
    pub(super) held_bytes: u64,
}

// ===== impl Row =====

impl Row {
    pub(super) fn of(outcome: &Outcome) -> Self {
        let downloads = || outcome.runs.iter().flatten();
        let count = downloads().count();
        let mean = |sum: f64| rounded(sum / count.max(1) as f64);
        let exact = downloads().filter(|download| download.exact).count();
        let damaged = downloads().filter(|download| download.damaged).count();
        Self {
            file: outcome.variant.size(),
            file_bytes: outcome.variant.length,
            trouble: outcome.variant.trouble.to_string(),
            silence_seconds: outcome.variant.silence.as_secs_f64(),
            way: outcome.variant.way.name(),
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
            held_bytes: downloads().map(|download| download.held).max().unwrap_or_default(),
        }
    }

    pub(super) fn downloads(&self) -> usize {
        self.exact + self.damaged + self.failed
    }

    /// Bytes sent for each byte of the file.
    pub(super) fn sent_per_byte(&self) -> f64 {
        self.sent_bytes / f64::from(self.file_bytes)
    }
}

/// Four decimals: more would only show rounding errors.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}
