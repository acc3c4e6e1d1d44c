//! The table and the files of the storm.

use super::{
    clients::{CLIENTS, OUTAGE, SECONDS},
    experiment::Outcome,
    variants::{BUDGET_WINDOW, FLOOR, RATIO, THROTTLE_WINDOW},
};
use crate::output::grid;
use serde::Serialize;
use std::fmt::Write;

/// The contents of `storm.json`.
#[derive(Debug, Serialize)]
struct File<'a> {
    seed: u64,
    seeds: u64,
    clients: u64,
    seconds: usize,
    outage_from: usize,
    outage_to: usize,
    budget_ratio: f64,
    budget_per_second: u32,
    budget_window_seconds: u64,
    throttle_window_seconds: u64,
    variants: &'a [Outcome],
}

/// The table, one line a variant.
#[must_use]
pub fn table(seed: u64, seeds: u64, outcomes: &[Outcome]) -> String {
    let headings = [
        "variant",
        "offered/s before",
        "in outage",
        "after",
        "goodput/s before",
        "after",
        "recovered",
        "within s",
        "attempts/call",
        "in outage",
    ];
    let rows = outcomes.iter().map(|Outcome { variant, mean, .. }| {
        vec![
            (*variant).to_owned(),
            format!("{:.1}", mean.offered_before),
            format!("{:.1}", mean.offered_outage),
            format!("{:.1}", mean.offered_after),
            format!("{:.1}", mean.goodput_before),
            format!("{:.1}", mean.goodput_after),
            format!("{:.0} %", mean.recovered * 100.0),
            mean.recovery_seconds.map_or_else(|| "never".to_owned(), |seconds| format!("{seconds:.1}")),
            format!("{:.3}", mean.amplification),
            format!("{:.3}", mean.amplification_outage),
        ]
    });
    grid(&headings, rows)
        + &format!(
            "\n{CLIENTS} clients, one server for 100 requests/s that stands still for {} s of {SECONDS} s. Means over \
             {seeds} seed(s) from {seed}.\n",
            OUTAGE.len()
        )
}

/// `storm.csv`: the first seed second by second, all counts per second.
#[must_use]
pub fn csv(outcomes: &[Outcome]) -> String {
    let mut text = "variant,second,calls,offered,goodput\n".to_owned();
    for outcome in outcomes {
        for (second, counts) in outcome.first.iter().enumerate() {
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{},{second},{},{},{}",
                outcome.variant, counts.calls, counts.offered, counts.goodput
            );
        }
    }
    text
}

/// `storm.json`: the settings and the means.
///
/// # Errors
/// Never for the values of a real run: they are finite.
pub fn json(seed: u64, seeds: u64, outcomes: &[Outcome]) -> serde_json::Result<String> {
    let file = File {
        seed,
        seeds,
        clients: CLIENTS,
        seconds: SECONDS,
        outage_from: OUTAGE.start,
        outage_to: OUTAGE.end,
        budget_ratio: RATIO,
        budget_per_second: FLOOR,
        budget_window_seconds: BUDGET_WINDOW.as_secs(),
        throttle_window_seconds: THROTTLE_WINDOW.as_secs(),
        variants: outcomes,
    };
    serde_json::to_string_pretty(&file).map(|text| text + "\n")
}
