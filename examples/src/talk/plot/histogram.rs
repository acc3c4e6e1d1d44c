//! How long the calls took, with the limits that they ran into.

use super::stage::Limit;
use crate::{
    output::plot::{
        axis,
        scale::{Scale, number, round_step},
        svg::{Anchor, Label, Svg},
    },
    talk::sampler::Sample,
};

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

/// Calls by how long they took.
struct Bars {
    /// Seconds of each.
    width: f64,
    /// Calls that succeeded and calls that failed.
    counts: Vec<(u32, u32)>,
}

impl Bars {
    /// Of a round width, and so many that the limits lie among them.
    fn new(samples: &[Sample], limits: &[Limit]) -> Self {
        let longest = samples.iter().map(|sample| sample.took.as_secs_f64()).fold(0.0, f64::max);
        let furthest = limits.iter().map(|limit| limit.after.as_secs_f64()).fold(longest, f64::max).max(1.0);
        let width = round_step(furthest / MOST_BARS);
        // A call of exactly 60 s belongs to the bar that begins there, however 60 / 0.02 is rounded.
        let bar = |seconds: f64| (seconds / width + 1e-9).floor() as usize;
        let mut counts = vec![(0, 0); bar(longest.max(furthest * 1.02)) + 1];
        for sample in samples {
            let (ok, failed) = &mut counts[bar(sample.took.as_secs_f64())];
            *if sample.ok { ok } else { failed } += 1;
        }
        Self { width, counts }
    }

    fn most(&self) -> u32 {
        self.counts.iter().map(|(ok, failed)| ok + failed).max().unwrap_or(0).max(1)
    }
}

/// Bars of the calls' times, the failed ones on top of the others.
pub(super) fn histogram(svg: &mut Svg, top: f64, what: &str, samples: &[Sample], limits: &[Limit]) {
    let bars = Bars::new(samples, limits);
    let width = bars.width;
    let plot_top = top + CAPTION + limits.len() as f64 * LIMIT_LINE;
    let bottom = plot_top + PLOT;
    let time = Scale::linear((0.0, bars.counts.len() as f64 * width), (LEFT, RIGHT));
    let calls = Scale::up_to(f64::from(bars.most()), TICKS, (bottom, plot_top));
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
    for (index, &(ok, failed)) in bars.counts.iter().enumerate() {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::talk::stages::limits::TIMEOUT;
    use std::time::Duration;

    fn samples(times: &[(u64, bool)]) -> Vec<Sample> {
        times
            .iter()
            .map(|&(millis, ok)| Sample { ok, took: Duration::from_millis(millis), requests: 1 })
            .collect()
    }

    #[test]
    fn every_call_stands_in_the_bar_of_its_time() {
        let limits = [Limit::new("timeout", TIMEOUT)];
        for (times, width, expected) in [
            (
                &[(0, true), (4_999, true), (60_000, false), (60_001, false), (149_999, true)][..],
                5.0,
                &[(0, 2, 0), (12, 0, 2), (29, 1, 0)][..],
            ),
            (&[(59_999, false), (60_000, true)], 2.0, &[(29, 0, 1), (30, 1, 0)]),
            (&[], 2.0, &[]),
        ] {
            let bars = Bars::new(&samples(times), &limits);
            assert!((bars.width - width).abs() < 1e-9, "{}", bars.width);
            let filled = bars.counts.iter().enumerate().filter(|(_, counts)| **counts != (0, 0));
            let filled: Vec<_> = filled.map(|(bar, &(ok, failed))| (bar, ok, failed)).collect();
            assert_eq!(filled, expected);
            assert!(
                bars.counts.len() as f64 * bars.width > TIMEOUT.as_secs_f64(),
                "the limit is on the plot"
            );
        }
    }

    #[test]
    fn calls_on_the_edges_of_narrow_bars_are_counted() {
        let times: Vec<(u64, bool)> = (0..=50).map(|step| (step * 20, true)).collect();
        let bars = Bars::new(&samples(&times), &[]);
        assert!((bars.width - 0.02).abs() < 1e-9);
        assert!(bars.counts[..51].iter().all(|counts| *counts == (1, 0)), "{:?}", bars.counts);
    }
}
