//! The table and the files of the contests.

use super::{
    experiment::{CLIENTS, Point, Rounding},
    variants::{BASE, CAP, VARIANTS},
};
use crate::output::grid;
use serde::Serialize;
use std::fmt::Write;

/// The contents of `jitter.json`.
#[derive(Debug, Serialize)]
struct File<'a> {
    seed: u64,
    seeds: u64,
    base_ms: u128,
    cap_ms: u128,
    rounding: Option<Rounding>,
    points: &'a [Point],
}

/// The table: a line for each number of clients, and `calls/ms` for each backoff.
#[must_use]
pub fn table(seed: u64, seeds: u64, points: &[Point], rounding: Option<Rounding>) -> String {
    let mut headings = vec!["clients"];
    headings.extend(VARIANTS.iter().map(|variant| variant.name));
    let rows = CLIENTS.iter().map(|clients| {
        let here = points.iter().filter(|point| point.clients == *clients);
        let cells = here.map(|point| format!("{:.0}/{:.0}", point.calls, point.milliseconds));
        std::iter::once(clients.to_string()).chain(cells).collect()
    });
    let mut text = grid(&headings, rows)
        + &format!(
            "\nCalls of all clients / milliseconds until the last has written; base {} ms, cap {} ms. Means \
             over {seeds} seed(s) from {seed}.\n",
            BASE.as_millis(),
            CAP.as_millis()
        );
    if let Some(by) = rounding {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "Waits end on whole milliseconds. With {} clients that adds {:.0} % to the milliseconds of none and {:.0} % to its calls: \
             {} contests\nwith the rounding, and as many without it, which come to {:.0}/{:.0}.",
            by.clients,
            by.adds_to_milliseconds_percent,
            by.adds_to_calls_percent,
            by.runs,
            by.exact_calls,
            by.exact_milliseconds
        );
    }
    text
}

/// `jitter.csv`: a line for each backoff and number of clients.
#[must_use]
pub fn csv(points: &[Point]) -> String {
    let mut text = "variant,clients,calls,milliseconds\n".to_owned();
    for Point { variant, clients, calls, milliseconds } in points {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{variant},{clients},{calls:.1},{milliseconds:.1}");
    }
    text
}

/// `jitter.json`: the settings and the means.
///
/// # Errors
/// Never for the values of a real run: they are finite.
pub fn json(
    seed: u64,
    seeds: u64,
    points: &[Point],
    rounding: Option<Rounding>,
) -> serde_json::Result<String> {
    let (base_ms, cap_ms) = (BASE.as_millis(), CAP.as_millis());
    let file = File { seed, seeds, base_ms, cap_ms, rounding, points };
    serde_json::to_string_pretty(&file).map(|text| text + "\n")
}
