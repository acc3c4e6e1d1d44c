//! How long the calls took, with the limits that they ran into.

use super::{
    axis,
    scale::{Scale, number, round_step},
    stage::Limit,
    svg::{Anchor, Label, Svg},
};
use crate::sampler::Sample;

const LEFT: f64 = 56.0;
const RIGHT: f64 = 704.0;
const PLOT: f64 = 110.0;
/// Bars at most.
const MOST_BARS: f64 = 50.0;
const TICKS: usize = 4;
const LIMIT_LINE: f64 = 14.0;
const CAPTION: f64 = 26.0;
const AXIS: f64 = 34.0;

/// The height with lines for so many limits.
pub(super) fn height(limits: &[Limit]) -> f64 {
    CAPTION + limits.len() as f64 * LIMIT_LINE + PLOT + AXIS
}

/// Bars of the calls' times, the failed ones on top of the others.
pub(super) fn histogram(svg: &mut Svg, top: f64, what: &str, samples: &[Sample], limits: &[Limit]) {
    let longest = samples.iter().map(|sample| sample.took.as_secs_f64()).fold(0.0, f64::max);
    let furthest = limits.iter().map(|limit| limit.after.as_secs_f64()).fold(longest, f64::max);
    let width = round_step(furthest.max(1.0) / MOST_BARS);
    let bars = (longest.max(furthest * 1.02).max(1.0) / width).floor() as usize + 1;
    let mut counts = vec![(0_u32, 0_u32); bars];
    for sample in samples {
        let bar = ((sample.took.as_secs_f64() / width + 1e-9).floor() as usize).min(bars - 1);
        if sample.ok {
            counts[bar].0 += 1;
        } else {
            counts[bar].1 += 1;
        }
    }
    let plot_top = top + CAPTION + limits.len() as f64 * LIMIT_LINE;
    let bottom = plot_top + PLOT;
    let most = counts.iter().map(|(ok, failed)| ok + failed).max().unwrap_or(0).max(1);
    let time = Scale::linear((0.0, bars as f64 * width), (LEFT, RIGHT));
    let calls = Scale::up_to(f64::from(most), TICKS, (bottom, plot_top));
    svg.text(
        LEFT,
        top + CAPTION - 10.0,
        Anchor::Start,
        "caption",
        &format!("{what}, calls per {} s", number(width)),
    );
    axis::left(svg, &calls, (LEFT, RIGHT), TICKS);
    for (index, limit) in limits.iter().enumerate() {
        let x = time.at(limit.after.as_secs_f64());
        let y = top + CAPTION + index as f64 * LIMIT_LINE;
        svg.line("limit", (x, y), (x, bottom));
        let words = format!("{} after {} s", limit.name, number(limit.after.as_secs_f64()));
        let right = Label::new(x + 5.0, y + 8.0, Anchor::Start, "small", &words);
        if right.right < RIGHT {
            svg.text(x + 5.0, y + 8.0, Anchor::Start, "small", &words);
        } else {
            svg.text(x - 5.0, y + 8.0, Anchor::End, "small", &words);
        }
    }
    let bar_width = (time.at(width) - time.at(0.0)) - 1.0;
    for (index, &(ok, failed)) in counts.iter().enumerate() {
        let x = time.at(index as f64 * width) + 0.5;
        let (foot, middle, head) = (bottom, calls.at(f64::from(ok)), calls.at(f64::from(ok + failed)));
        if ok > 0 {
            svg.rect("good", x, middle, bar_width, foot - middle);
        }
        if failed > 0 {
            svg.rect("hatch", x, head, bar_width, middle - head);
        }
    }
    axis::bottom(svg, &time, bottom, "seconds a call took");
}
