//! Axes: a line, ticks, numbers, and the unit.

use super::{
    scale::{Scale, number},
    svg::{Anchor, Svg},
};

/// Below a plot: numbers under the line, and what they are to the right below them.
pub(crate) fn bottom(svg: &mut Svg, scale: &Scale, y: f64, unit: &str) {
    let (from, to) = scale.ends();
    svg.line("axis", (from, y), (to, y));
    for tick in scale.ticks(10) {
        let x = scale.at(tick);
        svg.line("axis", (x, y), (x, y + 4.0));
        svg.text(x, y + 16.0, Anchor::Middle, "small", &number(tick));
    }
    svg.text(to, y + 31.0, Anchor::End, "small", unit);
}

/// To the left of a plot, with lines across it; the unit stands in the plot's caption.
pub(crate) fn left(svg: &mut Svg, scale: &Scale, (left, right): (f64, f64), ticks: usize) {
    let (from, to) = scale.ends();
    svg.line("axis", (left, from), (left, to));
    for tick in scale.ticks(ticks) {
        let y = scale.at(tick);
        svg.line("grid", (left, y), (right, y));
        svg.text(left - 6.0, y + 4.0, Anchor::End, "small", &number(tick));
    }
}

/// Lines across a plot of rows, from top to bottom.
pub(crate) fn columns(svg: &mut Svg, scale: &Scale, (top, bottom): (f64, f64)) {
    for tick in scale.ticks(10) {
        let x = scale.at(tick);
        svg.line("grid", (x, top), (x, bottom));
    }
}
