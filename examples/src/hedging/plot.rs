//! Latencies of a good network and goodput around a stall: a panel for each variant, so that no lines cross.

use crate::output::plot::{
    axis,
    scale::Scale,
    svg::{Anchor, Svg},
};

const LEFT: f64 = 56.0;
const RIGHT: f64 = 704.0;
const TOP: f64 = 76.0;
const BOTTOM: f64 = 330.0;

/// The share of the calls that take longer, over the time, both logarithmic; the first curve is the one to compare with.
#[must_use]
pub(super) fn slower(curves: &[(&str, Vec<(u64, f64)>)]) -> Svg {
    let shows = "For each way to hedge, the share of the calls that take longer than a time";
    let mut svg = Svg::new("tail", shows, BOTTOM + 42.0);
    let time = Scale::logarithmic((5.0, 3000.0), (LEFT, RIGHT));
    // A hundredth of a percent: below it there are too few calls.
    const LEAST: f64 = 0.01;
    let share = Scale::logarithmic((LEAST, 100.0), (BOTTOM, TOP));
    svg.text(
        14.0,
        22.0,
        Anchor::Start,
        "head",
        "One answer in a hundred is slow: what a second attempt gains",
    );
    svg.text(14.0, 44.0, Anchor::Start, "small", "% of the calls that take longer");
    axis::left(&mut svg, &share, (LEFT, RIGHT), 5);
    axis::bottom(&mut svg, &time, BOTTOM, "milliseconds");
    for (index, (name, points)) in curves.iter().enumerate() {
        let class = if index == 0 { "bad-line" } else { "good-line" };
        // A stairway: the share holds until the next call ends.
        let (mut stairs, mut before) = (Vec::new(), 100.0);
        for (millis, slower) in points {
            let (x, after) = (time.at((*millis as f64).max(5.0)), (slower * 100.0).max(LEAST));
            stairs.push((x, share.at(before)));
            stairs.push((x, share.at(after)));
            before = after;
            if after <= LEAST {
                break;
            }
        }
        svg.curve(class, stairs.into_iter());
        mark(&mut svg, index, points, (&time, &share));
        let x = 300.0 + 200.0 * (index % 2) as f64;
        let y = 44.0 + 16.0 * (index / 2) as f64;
        symbol(&mut svg, index, x, y - 4.0);
        svg.text(x + 10.0, y, Anchor::Start, "small", name);
    }
    svg
}

/// Where one call in a hundred, in three hundred and in a thousand is slower.
fn mark(svg: &mut Svg, index: usize, points: &[(u64, f64)], (time, share): (&Scale, &Scale)) {
    for reached in [0.005, 0.002, 0.001] {
        if let Some((millis, _)) = points.iter().find(|(_, slower)| *slower <= reached) {
            symbol(svg, index, time.at((*millis as f64).max(5.0)), share.at(reached * 100.0));
        }
    }
}

fn symbol(svg: &mut Svg, index: usize, x: f64, y: f64) {
    match index {
        0 => svg.cross("axis", x, y, 4.0),
        1 => svg.circle("ink", x, y, 3.5),
        2 => svg.diamond("paper", x, y, 4.5),
        _ => svg.circle("paper", x, y, 3.5),
    }
}

const PANEL: f64 = 96.0;
const HEAD: f64 = 66.0;

/// Goodput and load second by second, a panel for each variant.
#[must_use]
pub(super) fn goodput(panels: &[(&str, Vec<(u64, u64)>)], stall: std::ops::Range<usize>) -> Svg {
    let bottom = HEAD + panels.len() as f64 * PANEL;
    let shows =
        "For each way to hedge, what is asked of the server and what is answered in time, second by second";
    let mut svg = Svg::new("stall", shows, bottom + 20.0);
    let seconds = panels.first().map_or(1, |(_, seconds)| seconds.len());
    let most =
        panels.iter().flat_map(|(_, seconds)| seconds).map(|(requests, _)| *requests).max().unwrap_or(1);
    let time = Scale::linear((0.0, seconds as f64), (LEFT, RIGHT));
    svg.text(14.0, 22.0, Anchor::Start, "head", "A server that stands still for two seconds");
    svg.rect("good", 14.0, 34.0, 11.0, 11.0);
    svg.text(31.0, 44.0, Anchor::Start, "small", "answered in time, per second");
    svg.line("bad-line", (214.0, 40.0), (236.0, 40.0));
    svg.text(242.0, 44.0, Anchor::Start, "small", "requests per second");
    svg.rect("outage", 376.0, 34.0, 11.0, 11.0);
    svg.text(393.0, 44.0, Anchor::Start, "small", "stands still");
    for (index, (name, counts)) in panels.iter().enumerate() {
        let top = HEAD + index as f64 * PANEL + 18.0;
        let foot = HEAD + (index + 1) as f64 * PANEL - 14.0;
        let scale = Scale::up_to(most as f64, 2, (foot, top));
        svg.text(LEFT, top - 6.0, Anchor::Start, "caption", name);
        let (from, to) = (time.at(stall.start as f64), time.at(stall.end as f64));
        svg.rect("outage", from, top, to - from, foot - top);
        axis::left(&mut svg, &scale, (LEFT, RIGHT), 2);
        let width = time.at(1.0) - time.at(0.0) - 2.0;
        for (second, (_, answered)) in counts.iter().enumerate().filter(|(_, (_, answered))| *answered > 0) {
            let y = scale.at(*answered as f64);
            svg.rect("good", time.at(second as f64) + 1.0, y, width, foot - y);
        }
        let requests = counts.iter().enumerate().flat_map(|(second, (requests, _))| {
            let y = scale.at(*requests as f64);
            [(time.at(second as f64), y), (time.at(second as f64 + 1.0), y)]
        });
        svg.curve("bad-line", requests);
    }
    axis::bottom(&mut svg, &time, bottom - 14.0, "seconds");
    svg
}
