//! Success and failure: a bar in three parts, told apart by their pattern.

use crate::output::plot::svg::{Anchor, Label, Svg};

const LEFT: f64 = 56.0;
const RIGHT: f64 = 704.0;

/// The height of the bar with its legend.
pub(super) const HEIGHT: f64 = 48.0;

/// Calls that succeeded, failed, and did not end.
pub(super) fn outcome(svg: &mut Svg, top: f64, ok: usize, failed: usize, unfinished: usize, horizon: &str) {
    let all = (ok + failed + unfinished).max(1) as f64;
    let parts = [
        ("good", ok, format!("{ok} ok")),
        ("hatch", failed, format!("{failed} failed")),
        ("open", unfinished, format!("{unfinished} had not ended{horizon}")),
    ];
    let (mut x, mut legend) = (LEFT, LEFT);
    for (class, calls, words) in parts {
        let width = calls as f64 / all * (RIGHT - LEFT);
        if calls > 0 {
            svg.rect(class, x, top, width, 20.0);
        }
        x += width;
        if calls > 0 || class != "open" {
            svg.rect(class, legend, top + 30.0, 11.0, 11.0);
            svg.text(legend + 17.0, top + 40.0, Anchor::Start, "", &words);
            legend = Label::new(legend + 17.0, 0.0, Anchor::Start, "", &words).right + 22.0;
        }
    }
}
