//! Several lines in one plot, told apart by their marks.

use super::svg::{Anchor, Svg};

/// How wide a plot is that a telephone shows without scrolling.
pub(crate) const NARROW: f64 = 400.0;

/// The mark of the line with this index: five of them.
pub(crate) fn mark(svg: &mut Svg, index: usize, (x, y): (f64, f64)) {
    match index % 5 {
        0 => svg.cross("axis", x, y, 4.0),
        1 => svg.diamond("paper", x, y, 5.0),
        2 => svg.circle("paper", x, y, 4.0),
        3 => svg.circle("ink", x, y, 4.0),
        _ => svg.pointer("ink", x, y - 5.0),
    }
}

/// The marks and the names of the lines, three in a row.
pub(crate) fn legend<'a>(svg: &mut Svg, names: impl Iterator<Item = &'a str>, top: f64) {
    for (index, name) in names.enumerate() {
        let (x, y) = (20.0 + 126.0 * (index % 3) as f64, top + 17.0 * (index / 3) as f64);
        mark(svg, index, (x, y - 4.0));
        svg.text(x + 10.0, y, Anchor::Start, "small", name);
    }
}
