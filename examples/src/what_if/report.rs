//! The answer as a table, as CSV and as JSON.

use super::{
    figures::{Estimate, Figures},
    interval::Interval,
    run::Run,
    seeds::run_seed,
    setting::Setting,
    settings::Settings,
};
use crate::output::grid;
use serde::Serialize;
use serde_json::{Map, Value};
use std::{fmt::Write, io};

/// A line of `try.csv`: one call. The flag is the talk's: 0 success, 1 error; empty for a call that never ended.
#[derive(Debug, Serialize)]
struct Line {
    seed: u64,
    flag: Option<u8>,
    seconds: Option<f64>,
    requests: Option<u64>,
}

/// The file `try.json`.
#[derive(Debug, Serialize)]
struct Report {
    settings: Map<String, Value>,
    figures: FigureReport,
}

/// Figures in a file: what never ends is null.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FigureReport {
    calls: usize,
    unfinished: usize,
    success_percent: Number,
    p50_seconds: Number,
    p90_seconds: Number,
    p99_seconds: Number,
    successful_p99_seconds: Number,
    p999_seconds: Number,
    max_seconds: Option<f64>,
    requests_per_call: Number,
    server_kilobytes_per_call: Number,
    client_kilobytes_per_call: Number,
    run_seconds: Option<f64>,
}

#[derive(Debug, Clone, Serialize)]
struct Number {
    value: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
}

/// The figures with their intervals, and what they are the figures of.
#[must_use]
pub fn table(settings: &Settings, figures: &Figures) -> String {
    let mut text = figures_table(figures) + "\n" + &describe(settings, &[]);
    if figures.unfinished > 0 {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{} of {} calls never end, or never begin because all workers hang: give them a limit.",
            figures.unfinished, figures.calls
        );
    }
    text
}

/// The figures with their intervals.
pub(crate) fn figures_table(figures: &Figures) -> String {
    grid(&["", "measured", "95 % interval"], figure_rows(figures).into_iter())
}

/// Two answers to the same question.
pub(crate) fn side_by_side(names: [&str; 2], figures: [&Figures; 2]) -> String {
    let [first, second] = figures.map(figure_rows);
    let rows = first.into_iter().zip(second).map(|(first, second)| {
        let cells = first.into_iter().chain(second.into_iter().skip(1));
        cells.collect()
    });
    grid(&["", names[0], "95 % interval", names[1], "95 % interval"], rows)
}

/// A figure a row: its name, the figure, and its interval.
fn figure_rows(figures: &Figures) -> [Vec<String>; 10] {
    let row = |name: &str, estimate: Estimate, decimals: usize, unit: &str| {
        vec![name.to_owned(), with_unit(estimate.value, decimals, unit), between(estimate.interval, decimals)]
    };
    let time = |name: &str, estimate: Estimate| row(name, estimate, decimals_of(estimate.value), " s");
    [
        row("success", figures.success, 2, " %"),
        time("half end within (p50)", figures.p50),
        time("90 % within (p90)", figures.p90),
        time("99 % within (p99)", figures.p99),
        time("99 % of the successful", figures.p99_ok),
        time("99.9 % within (p99.9)", figures.p999),
        time("all within (max)", Estimate { value: figures.max, interval: None }),
        row("requests per call", figures.requests, 2, ""),
        row("the server sends per call", figures.kilobytes, 2, " kB"),
        row("the client sends per call", figures.asked_kilobytes, 2, " kB"),
    ]
}

/// The settings by their groups, without those that others contain and without these.
pub(crate) fn describe(settings: &Settings, without: &[&str]) -> String {
    described(settings, &["Network", "Policy", "Load"], without)
}

/// The policy alone.
pub(crate) fn describe_policy(settings: &Settings) -> String {
    described(settings, &["Policy"], &[])
}

fn described(settings: &Settings, headings: &[&str], without: &[&str]) -> String {
    const WIDTH: usize = 110;
    let mut text = String::new();
    for heading in headings {
        let shown = |setting: &&Setting| {
            setting.heading == *heading
                && is_described(setting)
                && !without.contains(&setting.name)
                // how many overlap says nothing where none do
                && (setting.name != "at-once" || settings.policy.hedge.is_some())
        };
        let parts: Vec<String> =
            Setting::all().filter(shown).map(|setting| setting.shown(settings)).collect();
        let mut line = format!("{:8} ", heading.to_lowercase());
        for (index, part) in parts.iter().enumerate() {
            if line.len() + part.len() > WIDTH {
                text += line.trim_end();
                line = format!("\n{:8} ", "");
            }
            line += part;
            line += if index + 1 < parts.len() { ", " } else { "\n" };
        }
        text += &line;
    }
    text
}

/// Whether the description shows it: not if another setting contains it.
pub(crate) fn is_described(setting: &Setting) -> bool {
    !matches!(setting.name, "p" | "r" | "1-h" | "1-k" | "preset")
}

/// `try.csv`: every call.
///
/// # Errors
/// Never for the values of a real run: they are numbers.
pub fn csv(settings: &Settings, runs: &[Run]) -> io::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for (index, run) in runs.iter().enumerate() {
        let seed = run_seed(settings.load.seed, index as u64);
        for call in &run.calls {
            writer.serialize(Line {
                seed,
                flag: Some(u8::from(!call.ok)),
                seconds: Some(call.took.as_secs_f64()),
                requests: Some(call.requests),
            })?;
        }
        for _ in 0..run.unfinished {
            writer.serialize(Line { seed, flag: None, seconds: None, requests: None })?;
        }
    }
    text_of(writer)
}

/// `try.json`: the settings and the figures.
///
/// # Errors
/// Never for the values of a real run.
pub fn json(settings: &Settings, figures: &Figures) -> serde_json::Result<String> {
    let report = Report { settings: settings_map(settings), figures: FigureReport::of(figures) };
    serde_json::to_string_pretty(&report).map(|text| text + "\n")
}

/// Every setting with its text.
pub(crate) fn settings_map(settings: &Settings) -> Map<String, Value> {
    Setting::all().map(|setting| (setting.name.to_owned(), setting.get(settings).into())).collect()
}

pub(crate) fn text_of(writer: csv::Writer<Vec<u8>>) -> io::Result<String> {
    let bytes = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// So many decimals that a duration shows three digits, down to milliseconds.
pub(crate) fn decimals_of(seconds: f64) -> usize {
    match seconds {
        _ if seconds < 1.0 => 3,
        _ if seconds < 10.0 => 2,
        _ => 1,
    }
}

/// A figure for people; infinite is "never".
pub(crate) fn with_unit(value: f64, decimals: usize, unit: &str) -> String {
    if value.is_finite() { format!("{value:.decimals$}{unit}") } else { "never".into() }
}

pub(crate) fn between(interval: Option<Interval>, decimals: usize) -> String {
    match interval {
        None => "-".into(),
        // So few calls are that long that they say nothing of how much longer it might be.
        Some(Interval { low, high: f64::INFINITY }) => format!("> {}", with_unit(low, decimals, "")),
        Some(Interval { low, high }) => {
            format!("{}..{}", with_unit(low, decimals, ""), with_unit(high, decimals, ""))
        }
    }
}

impl FigureReport {
    pub(crate) fn of(figures: &Figures) -> Self {
        Self {
            calls: figures.calls,
            unfinished: figures.unfinished,
            success_percent: Number::of(figures.success),
            p50_seconds: Number::of(figures.p50),
            p90_seconds: Number::of(figures.p90),
            p99_seconds: Number::of(figures.p99),
            successful_p99_seconds: Number::of(figures.p99_ok),
            p999_seconds: Number::of(figures.p999),
            max_seconds: finite(figures.max),
            requests_per_call: Number::of(figures.requests),
            server_kilobytes_per_call: Number::of(figures.kilobytes),
            client_kilobytes_per_call: Number::of(figures.asked_kilobytes),
            run_seconds: finite(figures.run_seconds),
        }
    }
}

impl Number {
    fn of(estimate: Estimate) -> Self {
        let end = |of: fn(Interval) -> f64| estimate.interval.and_then(|interval| finite(of(interval)));
        Self {
            value: finite(estimate.value),
            low: end(|interval| interval.low),
            high: end(|interval| interval.high),
        }
    }
}

/// Four decimals: more would only show rounding errors.
pub(crate) fn finite(value: f64) -> Option<f64> {
    value.is_finite().then(|| (value * 1e4).round() / 1e4)
}
