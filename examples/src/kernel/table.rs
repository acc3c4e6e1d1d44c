//! What is printed.

use super::{
    difference::{Difference, Figure},
    files::{Report, StageReport},
};
use crate::{output::grid, what_if::Interval};

/// Kernel and lab side by side, a line a stage.
pub(super) fn table(report: &Report, compare: bool) -> String {
    let headings: Vec<String> = std::iter::once("stage".to_owned())
        .chain(Figure::ALL.iter().flat_map(|figure| [figure.name().to_owned(), "95 %".into(), "lab".into()]))
        .collect();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let rows = report.stages.iter().map(|stage| {
        let cells =
            stage.differences().zip(stage.intervals()).flat_map(|((figure, difference), interval)| {
                let decimals = figure.decimals();
                [
                    format!("{:.decimals$}", difference.kernel.mean),
                    between(figure, interval),
                    format!("{:.decimals$}", difference.lab.mean),
                ]
            });
        std::iter::once(stage.name.to_owned()).chain(cells).collect()
    });
    let text = grid(&headings, rows);
    let differences = if compare { differences(report) } else { String::new() };
    format!("{text}\n{}{differences}", legend(report))
}

pub(super) fn between(figure: Figure, interval: Option<Interval>) -> String {
    let decimals = figure.decimals();
    interval.map_or_else(
        || "-".into(),
        |interval| format!("{:.decimals$}..{:.decimals$}", interval.low.max(0.0), interval.high),
    )
}

/// What the figures are the figures of.
pub(super) fn legend(report: &Report) -> String {
    format!(
        "{requests} calls by {workers} workers, loss {loss} %, preset {preset}, {lies} % lies from own-retry on. Means \
         of {runs} run(s) over\nthe kernel (Linux {kernel}, {date}, server {server}, TCP settings {tcp}, probe {probe}) with \
         95 % intervals,\nand of {seeds} seed(s) in the lab.\n",
        requests = report.requests,
        workers = report.workers,
        loss = report.loss,
        preset = report.preset,
        lies = report.lies,
        runs = report.runs,
        kernel = report.kernel,
        date = report.date,
        server = report.server,
        tcp = report.tcp,
        probe = report.probe,
        seeds = report.lab_seeds,
    )
}

/// Where the lab is not the kernel.
fn differences(report: &Report) -> String {
    if !report.has_spread() {
        return "\nOne run has no spread by which the lab and the kernel could be compared.\n".into();
    }
    let rows = different(&report.stages);
    if rows.is_empty() {
        return "\nThe lab differs from the kernel nowhere by more than their spread.\n".into();
    }
    let text = grid(&HEADINGS, rows.into_iter());
    format!("\nWhere the lab differs from the kernel by more than their spread (Welch, 95 %):\n\n{text}")
}

/// Of [`different`].
pub(super) const HEADINGS: [&str; 7] =
    ["stage", "figure", "kernel", "lab", "lab is", "95 %", "of the kernel's"];

/// The figures that differ.
pub(super) fn different(stages: &[StageReport]) -> Vec<Vec<String>> {
    stages
        .iter()
        .flat_map(|stage| {
            let real = stage
                .differences()
                .filter(|(figure, difference)| difference.is_real() && is_visible(*figure, difference));
            real.map(|(figure, difference)| row(stage.name, figure, &difference))
        })
        .collect()
}

/// Whether the means differ in the digits that are shown: a calculated time has hardly a spread.
fn is_visible(figure: Figure, difference: &Difference) -> bool {
    let digit = 0.1_f64.powi(figure.decimals() as i32);
    (difference.kernel.mean - difference.lab.mean).abs() >= digit / 2.0
}

fn row(stage: &str, figure: Figure, difference: &Difference) -> Vec<String> {
    let decimals = figure.decimals();
    let (kernel, lab) = (difference.kernel.mean, difference.lab.mean);
    let above = |value: f64| format!("{value:+.decimals$}");
    let interval = difference.interval();
    vec![
        stage.into(),
        figure.name().into(),
        format!("{kernel:.decimals$}"),
        format!("{lab:.decimals$}"),
        above(lab - kernel),
        interval.map_or_else(String::new, |interval| {
            format!("{}..{}", above(interval.low), above(interval.high))
        }),
        if kernel > 0.0 { format!("{:+.0} %", 100.0 * (lab / kernel - 1.0)) } else { "-".into() },
    ]
}
