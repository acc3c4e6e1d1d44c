//! The map as a picture: a field of shaded cells for each variant, readable without colours.

use super::{
    map::{Cell, LOADS, WAITS},
    variants::VARIANTS,
};
use crate::output::plot::{
    series::NARROW,
    svg::{Anchor, Svg},
};

const TOP: f64 = 74.0;
const CELL: (f64, f64) = (29.0, 20.0);
/// Left of the cells, for the loads; a field with its caption and its axis.
const NAMES: f64 = 36.0;
const FIELD: (f64, f64) = (194.0, 194.0);

/// A field for each variant, two side by side.
#[must_use]
pub fn map_picture(cells: &[Cell]) -> Svg {
    let shows = "For each way to retry, how many of a hundred runs recover from the outage, over the load and the first wait";
    let rows = VARIANTS.len().div_ceil(2) as f64;
    let mut svg = Svg::sized("storm-map", shows, (NARROW, TOP + rows * FIELD.1));
    svg.text(14.0, 22.0, Anchor::Start, "head", "Who recovers from the outage");
    svg.text(
        14.0,
        42.0,
        Anchor::Start,
        "small",
        "% of the runs; dark: none. Up: load, % of the server's rate.",
    );
    svg.text(14.0, 57.0, Anchor::Start, "small", "To the right: first wait, seconds.");
    for (index, variant) in VARIANTS.iter().enumerate() {
        let left = 14.0 + (index % 2) as f64 * FIELD.0;
        let top = TOP + (index / 2) as f64 * FIELD.1;
        svg.text(left, top + 12.0, Anchor::Start, "caption", variant.name);
        let (left, top) = (left + NAMES, top + 22.0);
        let of_field = |cell: &&Cell| cell.variant == variant.name;
        for cell in cells.iter().filter(of_field) {
            let column = WAITS.iter().position(|wait| Some(*wait) == cell.first_wait_ms).unwrap_or(0);
            // The highest load is at the top.
            let row = LOADS.iter().rev().position(|load| *load == cell.load_percent).unwrap_or(0);
            let (x, y) = (left + column as f64 * CELL.0, top + row as f64 * CELL.1);
            let percent = 100.0 * cell.recovered as f64 / cell.runs.max(1) as f64;
            let (darkness, ink) = shade(percent);
            svg.cell(darkness, (x, y), CELL);
            svg.text(x + CELL.0 / 2.0, y + 14.0, Anchor::Middle, ink, &format!("{percent:.0}"));
        }
        for (row, load) in LOADS.iter().rev().enumerate() {
            let y = top + row as f64 * CELL.1 + 14.0;
            svg.text(left - 6.0, y, Anchor::End, "small", &load.to_string());
        }
        let bottom = top + LOADS.len() as f64 * CELL.1 + 15.0;
        if variant.waits {
            for (column, wait) in WAITS.iter().enumerate() {
                let x = left + (column as f64 + 0.5) * CELL.0;
                svg.text(x, bottom, Anchor::Middle, "small", &format!("{}", *wait as f64 / 1e3));
            }
        } else {
            svg.text(left, bottom, Anchor::Start, "small", "no wait");
        }
    }
    svg
}

/// How dark a cell is, and the class of the text on it. There is nothing between: on a middle grey neither ink nor paper
/// would have the contrast of 4.5 to 1 that WCAG 2.2 asks for in criterion 1.4.3.
fn shade(percent: f64) -> (f64, &'static str) {
    if percent > 0.0 { ((100.0 - percent) / 100.0 * 0.4, "") } else { (0.85, "on-dark") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_label_covers_another() {
        let mut cells = Vec::new();
        for variant in VARIANTS {
            for load_percent in LOADS {
                for wait in if variant.waits { WAITS.map(Some).to_vec() } else { vec![None] } {
                    let recovered = u64::from(load_percent) % 21;
                    cells.push(Cell {
                        variant: variant.name,
                        load_percent,
                        first_wait_ms: wait,
                        recovered,
                        runs: 20,
                    });
                }
            }
        }
        let plot = map_picture(&cells);
        assert_eq!(plot.faults(), Vec::<String>::new());
        assert_eq!(
            plot.standalone().matches("<rect class=\"cell\"").count() as u64,
            super::super::map::cells()
        );
    }
}
