//! Time against success: what each stage's limits and waits buy. The axis is one of failures, by powers of ten, because
//! the good stages differ by tenths and hundredths of a percent.

use super::naming::{self, Named};
use crate::output::plot::{
    axis,
    scale::Scale,
    svg::{Anchor, Label, Svg},
};

const LEFT: f64 = 56.0;
const RIGHT: f64 = 704.0;
const TOP: f64 = 56.0;
/// Where nothing fails; its names stand above.
const NONE: f64 = TOP + 34.0;
/// From there to the least failures that are drawn by their number.
const GAP: f64 = 34.0;
const BOTTOM: f64 = 390.0;
const MARK: f64 = 5.0;

/// One stage's means over its seeds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TimeSuccess {
    /// The stage's name.
    pub name: String,
    /// Seconds until the last call had ended.
    pub seconds: f64,
    /// Percent of the calls.
    pub percent: f64,
    /// 5th and 95th percentile of that; of fewer than 20 seeds the least and the most.
    pub range: (f64, f64),
    /// Whether the talk showed it.
    pub of_talk: bool,
}

impl TimeSuccess {
    /// Of one stage.
    #[must_use]
    pub fn new(name: &str, seconds: f64, percent: f64, range: (f64, f64), of_talk: bool) -> Self {
        Self { name: name.to_owned(), seconds, percent, range, of_talk }
    }
}

/// Draws a point for each stage; `range` says what of the seeds its line spans.
#[must_use]
pub fn time_success(points: &[TimeSuccess], range: &str) -> Svg {
    let longest = points.iter().map(|point| point.seconds).fold(1.0, f64::max);
    let time = Scale::linear((0.0, longest * 1.08), (LEFT + 26.0, RIGHT));
    let failures = Failures::of(points);
    let shows = "Seconds that a run of each stage takes, against the percentage of its calls that fail";
    let mut svg = Svg::new("time-success", shows, BOTTOM + 40.0);
    svg.text(14.0, 22.0, Anchor::Start, "head", "Time against success");
    svg.text(14.0, 44.0, Anchor::Start, "small", "% of the calls that fail");
    svg.circle("good", 190.0, 39.5, MARK);
    svg.text(201.0, 44.0, Anchor::Start, "small", "the talk's stages");
    svg.diamond("paper", 312.0, 39.5, MARK + 1.0);
    svg.text(323.0, 44.0, Anchor::Start, "small", "beyond the talk");
    svg.line("axis", (434.0, 34.0), (434.0, 46.0));
    svg.text(441.0, 44.0, Anchor::Start, "small", range);
    failures.axis(&mut svg);
    axis::bottom(&mut svg, &time, BOTTOM, "seconds until the last of a run's calls has ended (mean)");
    let places: Vec<(f64, f64)> =
        points.iter().map(|point| (time.at(point.seconds), failures.at(point.percent))).collect();
    for (point, &(x, y)) in points.iter().zip(&places) {
        svg.line("axis", (x, failures.at(point.range.0)), (x, failures.at(point.range.1)));
        if point.of_talk {
            svg.circle("good", x, y, MARK);
        } else {
            svg.diamond("paper", x, y, MARK + 1.0);
        }
    }
    let named: Vec<Named<'_>> = points
        .iter()
        .zip(&places)
        .map(|(point, &(x, y))| Named {
            name: &point.name,
            at: (x, y),
            mark: Label {
                text: String::new(),
                left: x - MARK - 2.0,
                right: x + MARK + 2.0,
                top: failures.at(point.range.1).min(y - MARK) - 2.0,
                bottom: failures.at(point.range.0).max(y + MARK) + 2.0,
            },
        })
        .collect();
    let room = Label { text: String::new(), left: LEFT, right: RIGHT, top: TOP, bottom: BOTTOM };
    naming::name(&mut svg, &named, &room);
    svg
}

/// Upward from all to a few, and above a gap none.
struct Failures {
    some: Scale,
}

impl Failures {
    /// Down to the power of ten below the fewest.
    fn of(points: &[TimeSuccess]) -> Self {
        let percents = points.iter().flat_map(|point| [point.percent, point.range.0, point.range.1]);
        let fewest = percents.map(|percent| 100.0 - percent).filter(|failed| !is_none(*failed));
        let fewest = fewest.fold(1.0, f64::min).log10().floor();
        Self { some: Scale::logarithmic((10_f64.powf(fewest), 100.0), (NONE + GAP, BOTTOM)) }
    }

    /// Of a percentage of successes.
    fn at(&self, percent: f64) -> f64 {
        let failed = 100.0 - percent;
        if is_none(failed) { NONE } else { self.some.at(failed) }
    }

    fn axis(&self, svg: &mut Svg) {
        axis::left(svg, &self.some, (LEFT, RIGHT), 5);
        svg.line("grid", (LEFT, NONE), (RIGHT, NONE));
        svg.text(LEFT - 6.0, NONE + 4.0, Anchor::End, "small", "none");
    }
}

/// Less than one of ten million calls is what rounding leaves.
fn is_none(failed: f64) -> bool {
    failed < 1e-5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_good_stages_stand_apart() {
        let stages = [
            ("recommended", 100.0),
            ("content-aware", 99.94),
            ("flat", 99.88),
            ("own-retry", 98.86),
            ("timeout", 80.25),
        ];
        let points: Vec<_> = stages
            .iter()
            .map(|(name, percent)| TimeSuccess::new(name, 400.0, *percent, (*percent, 100.0), true))
            .collect();
        let failures = Failures::of(&points);
        let heights: Vec<f64> = points.iter().map(|point| failures.at(point.percent)).collect();
        assert!((heights[0] - NONE).abs() < 1e-9);
        for (better, worse) in heights.iter().zip(&heights[1..]) {
            assert!(worse - better > 15.0, "{heights:?}");
        }
        assert!((failures.at(0.0) - BOTTOM).abs() < 1e-9);
    }
}
