//! The tables and the files of both experiments.

use super::{
    experiment::{Stalled, Tail},
    slow::{CALLS, EVERY, QUICK, SLOW, TIMES},
    stall::{LOAD, PATIENCE, STALL},
    workers::{SERVICE, WORKERS},
};
use crate::output::grid;
use serde::Serialize;
use std::fmt::Write;

/// The contents of `tail.json`.
#[derive(Debug, Serialize)]
struct File<'a> {
    seed: u64,
    seeds: u64,
    calls: u64,
    quick_ms: [u128; 2],
    slow_share: f64,
    slow_times: f64,
    tails: &'a [Tail],
    workers: usize,
    service_ms: u128,
    calls_per_second: u32,
    patience_ms: u128,
    stalls: &'a [Stalled],
}

/// Both tables, one line a variant.
#[must_use]
pub fn table(seed: u64, seeds: u64, tails: &[Tail], stalls: &[Stalled]) -> String {
    let slow = tails.iter().map(|tail| {
        vec![
            tail.variant.to_owned(),
            tail.p50.to_string(),
            tail.p99.to_string(),
            tail.p999.to_string(),
            format!("{:.1}", tail.mean),
            format!("{:.2} %", tail.extra_percent),
        ]
    });
    let still = stalls.iter().map(|stalled| {
        vec![
            stalled.variant.to_owned(),
            format!("{:.0} %", stalled.back * 100.0),
            stalled.seconds.map_or_else(|| "never".to_owned(), |seconds| seconds.to_string()),
            format!("{:.2}", stalled.requests_per_call),
            format!("{:.2}", stalled.worst_second),
            format!("{:.1} %", stalled.answered * 100.0),
        ]
    });
    let slow = grid(&["hedge after", "p50 ms", "p99 ms", "p99.9 ms", "mean ms", "extra requests"], slow);
    let still =
        grid(&["hedge after", "back", "within s", "requests/call", "worst second", "answered"], still);
    let share = SLOW * 100.0;
    format!(
        "{slow}
A server that answers within {} to {} ms, {share} % of the time {TIMES} times as late. {CALLS} calls a run, one in {} ms.

{still}
A server with {WORKERS} workers for {} ms each stands still for {} s under {LOAD} calls/s, whose clients leave after {} s.

Over {seeds} seed(s) from {seed}.
",
        QUICK.start.as_millis(),
        QUICK.end.as_millis(),
        EVERY.as_millis(),
        SERVICE.as_millis(),
        STALL.len(),
        PATIENCE.as_secs(),
    )
}

/// `tail.csv`: the whole distributions; for each millisecond at which a call ended, the share that took longer.
#[must_use]
pub fn csv(tails: &[Tail]) -> String {
    let mut text = "variant,milliseconds,slower\n".to_owned();
    for tail in tails {
        for (millis, slower) in tail.latencies.slower() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "\"{}\",{millis},{slower:.6}", tail.variant);
        }
    }
    text
}

/// `stall.csv`: the first seed second by second.
#[must_use]
pub fn seconds_csv(stalls: &[Stalled]) -> String {
    let mut text = "variant,second,calls,requests,goodput\n".to_owned();
    for stalled in stalls {
        for (second, counts) in stalled.first.iter().enumerate() {
            let (calls, requests, goodput) = (counts.calls, counts.requests, counts.goodput);
            // Writing to a string cannot fail.
            let _ = writeln!(text, "\"{}\",{second},{calls},{requests},{goodput}", stalled.variant);
        }
    }
    text
}

/// `tail.json`: the settings and the figures.
///
/// # Errors
/// Never for the values of a real run: they are finite.
pub fn json(seed: u64, seeds: u64, tails: &[Tail], stalls: &[Stalled]) -> serde_json::Result<String> {
    let file = File {
        seed,
        seeds,
        calls: CALLS,
        quick_ms: [QUICK.start.as_millis(), QUICK.end.as_millis()],
        slow_share: SLOW,
        slow_times: TIMES,
        tails,
        workers: WORKERS,
        service_ms: SERVICE.as_millis(),
        calls_per_second: LOAD,
        patience_ms: PATIENCE.as_millis(),
        stalls,
    };
    serde_json::to_string_pretty(&file).map(|text| text + "\n")
}
