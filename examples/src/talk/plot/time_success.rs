//! Time against success: what each stage's patience buys.

use super::naming::{self, Named};
use crate::output::plot::{
    axis,
    scale::Scale,
    svg::{Anchor, Label, Svg},
};

const LEFT: f64 = 56.0;
const RIGHT: f64 = 704.0;
const TOP: f64 = 56.0;
/// Above 100 %, where most stages have their names.
const NAMES: f64 = 34.0;
const BOTTOM: f64 = 350.0;
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
    let success = Scale::linear((0.0, 100.0), (BOTTOM, TOP + NAMES));
    let shows = "Seconds that a run of each stage takes, against the percentage of its calls that succeed";
    let mut svg = Svg::new("time-success", shows, BOTTOM + 40.0);
    svg.text(14.0, 22.0, Anchor::Start, "head", "Time against success");
    svg.text(14.0, 44.0, Anchor::Start, "small", "% of the calls that succeed");
    svg.circle("good", 190.0, 39.5, MARK);
    svg.text(201.0, 44.0, Anchor::Start, "small", "the talk's stages");
    svg.diamond("paper", 312.0, 39.5, MARK + 1.0);
    svg.text(323.0, 44.0, Anchor::Start, "small", "beyond the talk");
    svg.line("axis", (434.0, 34.0), (434.0, 46.0));
    svg.text(441.0, 44.0, Anchor::Start, "small", range);
    axis::left(&mut svg, &success, (LEFT, RIGHT), 5);
    axis::bottom(&mut svg, &time, BOTTOM, "seconds until the last of a run's calls has ended (mean)");
    let places: Vec<(f64, f64)> =
        points.iter().map(|point| (time.at(point.seconds), success.at(point.percent))).collect();
    for (point, &(x, y)) in points.iter().zip(&places) {
        svg.line("axis", (x, success.at(point.range.0)), (x, success.at(point.range.1)));
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
                top: success.at(point.range.1).min(y - MARK) - 2.0,
                bottom: success.at(point.range.0).max(y + MARK) + 2.0,
            },
        })
        .collect();
    let room = Label { text: String::new(), left: LEFT, right: RIGHT, top: TOP, bottom: BOTTOM };
    naming::name(&mut svg, &named, &room);
    svg
}
