//! The tables and the files of the storm.

use super::{
    experiment::Outcome,
    map::{Cell, LOADS, WAITS},
    setting::Setting,
    spread::wilson,
    variants::{BUDGET_WINDOW, FLOOR, RATIO, THROTTLE_WINDOW, VARIANTS},
};
use crate::output::grid;
use serde::Serialize;
use std::fmt::Write;

/// The contents of `storm.json`, and of `storm-map.json`.
#[derive(Debug, Serialize)]
struct File<'a, T> {
    seed: u64,
    seeds: u64,
    #[serde(flatten)]
    setting: Flat,
    budget_ratio: f64,
    budget_per_second: u32,
    budget_window_seconds: u64,
    throttle_window_seconds: u64,
    variants: &'a [T],
}

/// A setting with its times in seconds.
#[derive(Debug, Serialize)]
struct Flat {
    open: bool,
    clients: Option<u64>,
    load: f64,
    rate: f64,
    queue: usize,
    retries: u32,
    first_wait_seconds: f64,
    patience_seconds: f64,
    outage_seconds: f64,
    outage_from: usize,
    outage_to: usize,
    seconds: usize,
}

/// The table, one line a variant.
#[must_use]
pub fn table(setting: &Setting, seed: u64, seeds: u64, outcomes: &[Outcome]) -> String {
    let headings = [
        "variant",
        "offered/s before",
        "in outage",
        "after",
        "goodput/s before",
        "after",
        "recovered",
        "95 %",
        "within s",
        "attempts/call",
        "in outage",
    ];
    let rows = outcomes.iter().map(|Outcome { variant, mean, spread, .. }| {
        let [least, most] = spread.goodput_after_range;
        vec![
            (*variant).to_owned(),
            format!("{:.1}", mean.offered_before),
            format!("{:.1}", mean.offered_outage),
            format!("{:.1}", mean.offered_after),
            format!("{:.1}", mean.goodput_before),
            format!("{:.1} ({least:.0}..{most:.0})", mean.goodput_after),
            format!("{} of {}", spread.runs_recovered, spread.runs),
            percents(spread.recovered_interval),
            within(mean.recovery_seconds, spread.recovery_seconds_range),
            format!("{:.3}", mean.amplification),
            format!("{:.3}", mean.amplification_outage),
        ]
    });
    let mut text = grid(&headings, rows);
    let _ = write!(
        text,
        "\n{}\nMeans over {seeds} seed(s) from {seed}, and from the least to the most of them. Recovered: nine tenths of the \
         goodput from before,\nfor 5 s and on average to the end; 95 % is that share's interval.\n{}",
        describe(setting),
        bounds(setting)
    );
    let ill = outcomes.iter().filter(|outcome| outcome.mean.well_before < 1.0).count();
    if ill > 0 {
        let _ = writeln!(
            text,
            "With {ill} of the variants there are runs in which not even nine in ten calls were answered before the outage; \
             they count\nas not recovered."
        );
    }
    text
}

fn within(mean: Option<f64>, range: Option<[f64; 2]>) -> String {
    match (mean, range) {
        (Some(mean), Some([least, most])) => format!("{mean:.1} ({least:.0}..{most:.0})"),
        _ => "never".to_owned(),
    }
}

fn percents([low, high]: [f64; 2]) -> String {
    format!("{:.0}..{:.0} %", low * 100.0, high * 100.0)
}

/// The setting in words.
fn describe(setting: &Setting) -> String {
    let Setting { clients, load, first_wait, .. } = setting;
    let fleet = if setting.open {
        format!("{load} calls/s that keep coming")
    } else {
        format!("{clients} clients that make {load} calls/s as long as they are answered")
    };
    format!("{fleet}, first wait {} s, {}", first_wait.as_secs_f64(), describe_others(setting))
}

/// What a map does not vary.
fn describe_others(setting: &Setting) -> String {
    let Setting { rate, queue, retries, outage, patience, .. } = setting;
    format!(
        "up to {retries} retries, patience {} s; one server\nfor {rate} requests/s ({:.1} with a full queue of {queue}) that stands \
         still for {} s of {} s.",
        patience.as_secs_f64(),
        setting.full_rate(),
        outage.as_secs_f64(),
        setting.seconds(),
    )
}

/// What the budget does here, and what it does not.
fn bounds(setting: &Setting) -> String {
    let most = setting.load * (1.0 + RATIO) + f64::from(FLOOR);
    let full = setting.full_rate();
    let then = if most < full {
        "so the queue empties whatever its clients do"
    } else if setting.load < full && setting.open {
        "so whether the queue empties is a matter of luck"
    } else if setting.load < full {
        "so the queue empties only because clients wait for their answers"
    } else {
        "and the calls alone are as many: no budget for retries empties that queue"
    };
    let compared = if most < full { "less" } else { "no less" };
    format!(
        "The budget bounds the retries, not the calls. With it {most:.1}/s at most reach the server in the long run, {compared} than \
         the {full:.1}/s\nof a full queue, {then}.\n"
    )
}

/// The map, a table for each variant: how many of the runs recovered.
#[must_use]
pub fn map_table(setting: &Setting, seed: u64, seeds: u64, cells: &[Cell]) -> String {
    let mut text = String::new();
    for variant in VARIANTS {
        let waits = WAITS.map(|wait| format!("{} s", wait as f64 / 1e3));
        let mut headings = vec![variant.name];
        headings.extend(if variant.waits {
            waits.iter().map(String::as_str).collect()
        } else {
            vec!["no wait"]
        });
        let rows = LOADS.iter().rev().map(|load| {
            let own = cells.iter().filter(|cell| cell.variant == variant.name && cell.load_percent == *load);
            let shares = own.map(|cell| format!("{} of {}", cell.recovered, cell.runs));
            std::iter::once(format!("load {load} %")).chain(shares).collect()
        });
        text += &grid(&headings, rows);
        text += "\n";
    }
    let [_, most] = wilson(0, seeds);
    let [least, _] = wilson(seeds, seeds);
    let fleet = if setting.open {
        "calls that keep coming".to_owned()
    } else {
        format!("{} clients that wait for their answers", setting.clients)
    };
    let _ = writeln!(
        text,
        "Runs that recovered, by the load in percent of the server's rate and by the first wait; seeds {seed} to {}. Of {seeds} \
         runs none\nmeans less than {:.0} %, and all more than {:.0} % (95 % interval). {fleet}, {}",
        seed.wrapping_add(seeds - 1),
        most * 100.0,
        least * 100.0,
        describe_others(setting),
    );
    text
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

/// `storm-map.csv`: a line a cell.
#[must_use]
pub fn map_csv(cells: &[Cell]) -> String {
    let mut text = "variant,load_percent,first_wait_ms,recovered,runs\n".to_owned();
    for Cell { variant, load_percent, first_wait_ms, recovered, runs } in cells {
        let wait = first_wait_ms.map_or_else(String::new, |wait| wait.to_string());
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{variant},{load_percent},{wait},{recovered},{runs}");
    }
    text
}

/// `storm.json` with the variants, and `storm-map.json` with the cells: the settings and the figures.
///
/// # Errors
/// Never for the values of a real run: they are finite.
pub fn json<T: Serialize>(
    setting: &Setting,
    seed: u64,
    seeds: u64,
    figures: &[T],
) -> serde_json::Result<String> {
    let file = File {
        seed,
        seeds,
        setting: Flat {
            open: setting.open,
            clients: (!setting.open).then_some(setting.clients),
            load: setting.load,
            rate: setting.rate,
            queue: setting.queue,
            retries: setting.retries,
            first_wait_seconds: setting.first_wait.as_secs_f64(),
            patience_seconds: setting.patience.as_secs_f64(),
            outage_seconds: setting.outage.as_secs_f64(),
            outage_from: setting.down().start,
            outage_to: setting.down().end,
            seconds: setting.seconds(),
        },
        budget_ratio: RATIO,
        budget_per_second: FLOOR,
        budget_window_seconds: BUDGET_WINDOW.as_secs(),
        throttle_window_seconds: THROTTLE_WINDOW.as_secs(),
        variants: figures,
    };
    serde_json::to_string_pretty(&file).map(|text| text + "\n")
}
