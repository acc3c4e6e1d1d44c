//! What a lower p99 costs: the search's policies by requests and p99, and the front of those that none is better than in both.

use super::{
    goal::{Goal, Standing},
    search::Candidate,
    verify::Verified,
};
use crate::output::plot::{
    Anchor, Svg, axis,
    scale::{Scale, number},
};

/// A policy of the search, by what its runs showed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) requests: f64,
    pub(super) seconds: f64,
    /// Whether it succeeds often enough, whatever it costs.
    pub(super) succeeds: bool,
}

const LEFT: f64 = 56.0;
const RIGHT: f64 = 704.0;
const TOP: f64 = 62.0;
const BOTTOM: f64 = 330.0;

/// The points of all that ran on every seed of the search.
pub(super) fn points(goal: Goal, candidates: &[Candidate]) -> Vec<Point> {
    let point = |candidate: &Candidate| {
        let runs = &candidate.runs;
        let calls: usize = runs.iter().map(|run| run.calls.len() + run.unfinished).sum();
        let requests = runs.iter().map(|run| run.requests as f64).sum::<f64>() / calls.max(1) as f64;
        let free = Goal::new(goal.success, f64::INFINITY);
        let Standing { broken, slowest } = free.standing(runs);
        Point { requests, seconds: slowest, succeeds: broken <= 0.0 }
    };
    candidates.iter().map(point).collect()
}

/// Which of them succeed, and are such that none is better in both.
pub(super) fn front(points: &[Point]) -> Vec<bool> {
    let better = |a: &Point, b: &Point| {
        (a.requests < b.requests && a.seconds <= b.seconds)
            || (a.requests <= b.requests && a.seconds < b.seconds)
    };
    let beaten = |point: &Point| points.iter().any(|other| other.succeeds && better(other, point));
    points.iter().map(|point| point.succeeds && point.seconds.is_finite() && !beaten(point)).collect()
}

/// Draws them with the limit, and what was verified.
pub(super) fn picture(goal: Goal, points: &[Point], verified: &Verified) -> Svg {
    let standing = |figures| Standing::of(goal, figures).slowest;
    let given = (verified.given.requests.value, standing(&verified.given));
    let chosen = (verified.figures.requests.value, standing(&verified.figures));
    let measured = || points.iter().map(|point| (point.requests, point.seconds)).chain([given, chosen]);
    let seconds = || measured().map(|(_, seconds)| seconds).filter(|seconds| seconds.is_finite());
    let (least, most) = (seconds().fold(f64::INFINITY, f64::min), seconds().fold(0.0, f64::max));
    let (least, most) = if most > 0.0 { (least.max(1e-3), most) } else { (1.0, 10.0) };
    // At least a decade with both its ends, so that there are numbers at the axis.
    let time = Scale::logarithmic(
        (10_f64.powf(least.log10().floor()), 10_f64.powf((most * 1.01).log10().ceil())),
        (BOTTOM, TOP),
    );
    let dearest = measured().map(|(requests, _)| requests).fold(1.0, f64::max);
    let requests = Scale::linear((1.0_f64.min(given.0), (dearest - 1.0) * 1.08 + 1.0), (LEFT, RIGHT));
    let shows = "Requests per call against the 99th percentile of each policy that the search has run on all its seeds";
    let mut svg = Svg::new("front", shows, BOTTOM + 40.0);
    svg.text(14.0, 22.0, Anchor::Start, "head", "What a lower p99 costs");
    svg.text(14.0, 44.0, Anchor::Start, "small", "p99 in seconds");
    svg.circle("good", 110.0, 39.5, 4.0);
    svg.text(119.0, 44.0, Anchor::Start, "small", &format!("{} % succeed", number(goal.success)));
    svg.cross("bad-line", 226.0, 39.5, 4.0);
    svg.text(235.0, 44.0, Anchor::Start, "small", "fewer do");
    svg.diamond("paper", 306.0, 39.5, 6.0);
    svg.text(317.0, 44.0, Anchor::Start, "small", "the answer, verified");
    svg.circle("open", 446.0, 39.5, 5.0);
    svg.text(456.0, 44.0, Anchor::Start, "small", "what was given, verified");
    svg.line("limit", (608.0, 34.0), (608.0, 46.0));
    svg.text(614.0, 44.0, Anchor::Start, "small", "the limit");
    axis::left(&mut svg, &time, (LEFT, RIGHT), 5);
    axis::bottom(&mut svg, &requests, BOTTOM, "requests per call");
    let (from, to) = requests.ends();
    let limit = requests.at(goal.requests);
    if (from..=to).contains(&limit) {
        svg.line("limit", (limit, TOP), (limit, BOTTOM));
    }
    let at = |(x, y): (f64, f64)| y.is_finite().then(|| (requests.at(x), time.at(y)));
    let mut steps: Vec<(f64, f64)> = points
        .iter()
        .zip(front(points))
        .filter(|(_, on)| *on)
        .filter_map(|(point, _)| at((point.requests, point.seconds)))
        .collect();
    steps.sort_by(|a, b| a.0.total_cmp(&b.0));
    svg.curve("good-line", steps.into_iter());
    for point in points {
        match at((point.requests, point.seconds)) {
            Some((x, y)) if point.succeeds => svg.circle("good", x, y, 3.0),
            Some((x, y)) => svg.cross("bad-line", x, y, 3.0),
            None => {}
        }
    }
    if let Some((x, y)) = at(chosen) {
        svg.diamond("paper", x, y, 6.0);
    }
    if let Some((x, y)) = at(given) {
        svg.circle("open", x, y, 5.0);
    }
    svg
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::what_if::{Figures, Settings};

    fn point(requests: f64, seconds: f64) -> Point {
        Point { requests, seconds, succeeds: true }
    }

    #[test]
    fn the_front_is_what_nothing_beats_in_both() {
        let points = [
            point(1.0, 9.0),
            point(1.5, 4.0),
            point(1.5, 5.0),
            point(2.0, 4.0),
            point(2.0, 1.0),
            Point { succeeds: false, ..point(1.0, 1.0) },
            point(1.0, f64::INFINITY),
        ];
        assert_eq!(front(&points), [true, true, false, false, true, false, false]);
        assert_eq!(front(&[]), [false; 0]);
    }

    #[test]
    fn no_label_covers_another() {
        let figures = Figures::of(&[], 1);
        let verified = Verified {
            settings: Settings::default(),
            figures,
            rejected: 0,
            holds: false,
            given: figures,
            is_given: true,
        };
        for points in [
            &[][..],
            &[point(1.0, 3.0)],
            &[point(1.0, 0.2), point(40.0, 900.0)],
            &[point(0.4, f64::INFINITY), point(1.01, 0.0)],
        ] {
            let picture = picture(Goal::new(99.999, 1.5), points, &verified);
            assert_eq!(picture.faults(), Vec::<String>::new(), "{points:?}");
            assert!(!picture.standalone().contains("NaN") && !picture.standalone().contains("inf"));
        }
    }
}
