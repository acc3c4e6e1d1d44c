//! The map on the terminal: values with a shade beside each.

use super::{map::Map, measure::MEASURES, order::NOT_TOLD};
use crate::{
    output::grid,
    what_if::report::{between, decimals_of, with_unit},
};
use std::fmt::Write;

/// From good to bad.
const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];

/// The map with its legend.
pub(crate) fn text(map: &Map) -> String {
    let mut text = match &map.rows {
        None => list(map),
        Some(_) => (0..MEASURES.len()).map(|measure| field(map, measure) + "\n").collect(),
    };
    let varied: Vec<&str> = map.axes().map(|axis| axis.setting.name).collect();
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "{}Light is good, █ the worst of its map. Varied: {}. All else:\n{}",
        map.order(),
        varied.join(", "),
        map.described()
    );
    text
}

/// One setting varied: a line for each value, with all figures.
fn list(map: &Map) -> String {
    let shades = MEASURES.map(|measure| measure.shades(&map.cells));
    let told = [0, 1, 2].map(|measure| map.told(measure));
    let rows = map.cells.iter().enumerate().map(|(index, cell)| {
        let figures = &cell.figures;
        let shaded = |measure: usize| {
            format!(
                "{} {}{}",
                MEASURES[measure].text(cell),
                symbol(shades[measure][index]),
                mark(told[measure][index])
            )
        };
        let seconds = |value: f64| with_unit(value, decimals_of(value), "");
        vec![
            cell.values[0].clone(),
            shaded(0),
            between(figures.success.interval, 2),
            seconds(figures.p50.value),
            seconds(figures.p90.value),
            shaded(1),
            between(figures.p99.interval, decimals_of(figures.p99.value)),
            seconds(figures.max),
            shaded(2),
            with_unit(figures.kilobytes.value, 1, ""),
        ]
    });
    let headings = [
        "success %   ",
        "95 % interval",
        "p50 s",
        "p90 s",
        "p99 s   ",
        "95 % interval",
        "max s",
        "requests/call   ",
        "kB/call",
    ];
    let headings: Vec<&str> = std::iter::once(map.columns.setting.name).chain(headings).collect();
    grid(&headings, rows) + "\n"
}

/// Two settings varied: a map of one figure.
fn field(map: &Map, which: usize) -> String {
    let measure = MEASURES[which];
    let (shades, told) = (measure.shades(&map.cells), map.told(which));
    let width = map.width();
    let rows = map.lines().enumerate().map(|(row, cells)| {
        let cell = |(column, cell)| {
            let index = row * width + column;
            format!("{} {}{}", measure.text(cell), symbol(shades[index]), mark(told[index]))
        };
        let name = cells.first().and_then(|cell| cell.values.get(1)).cloned().unwrap_or_default();
        std::iter::once(name).chain(cells.iter().enumerate().map(cell)).collect()
    });
    let corner = map
        .rows
        .as_ref()
        .map_or_else(String::new, |axis| format!("{} \\ {}", axis.setting.name, map.columns.setting.name));
    let columns: Vec<String> = map.columns.values.iter().map(|value| format!("{value}   ")).collect();
    let headings: Vec<&str> =
        std::iter::once(corner.as_str()).chain(columns.iter().map(String::as_str)).collect();
    format!("{}\n{}", measure.title, grid(&headings, rows))
}

fn mark(told: Option<bool>) -> char {
    if told == Some(false) { NOT_TOLD } else { ' ' }
}

fn symbol(shade: f64) -> char {
    SHADES[((shade * 5.0) as usize).min(SHADES.len() - 1)]
}
