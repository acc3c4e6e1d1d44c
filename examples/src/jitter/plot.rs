//! What each backoff costs over the number of clients: time, and calls.

use super::{experiment::Point, variants::VARIANTS};
use crate::output::plot::{
    axis,
    scale::Scale,
    series::{NARROW, legend, mark},
    svg::{Anchor, Svg},
};

const LEFT: f64 = 40.0;
const RIGHT: f64 = 386.0;
/// Top and bottom of the two panels.
const PANELS: [(f64, f64); 2] = [(104.0, 244.0), (290.0, 430.0)];

/// What a panel shows.
type Figure = (&'static str, fn(&Point) -> f64);

/// A line for each backoff.
#[must_use]
pub fn picture(points: &[Point]) -> Svg {
    let shows = "For each backoff, how long it takes until the last of the clients has written, and how many calls each of \
                 them needs, over the number of clients";
    let mut svg = Svg::sized("jitter", shows, (NARROW, PANELS[1].1 + 40.0));
    svg.text(14.0, 22.0, Anchor::Start, "head", "Clients that compete for one row");
    legend(&mut svg, VARIANTS.iter().map(|variant| variant.name), 44.0);
    let clients = points.iter().map(|point| point.clients).max().unwrap_or(1) as f64;
    let clients = Scale::linear((0.0, clients), (LEFT, RIGHT));
    let (least, most) = ends(points, seconds);
    let scales = [
        Scale::logarithmic((least * 0.8, most * 1.2), (PANELS[0].1, PANELS[0].0)),
        Scale::up_to(ends(points, calls).1, 4, (PANELS[1].1, PANELS[1].0)),
    ];
    let figures: [Figure; 2] = [("seconds until the last has written", seconds), ("calls per client", calls)];
    for (index, (caption, of)) in figures.into_iter().enumerate() {
        let ((top, bottom), scale) = (PANELS[index], &scales[index]);
        svg.text(14.0, top - 12.0, Anchor::Start, "caption", caption);
        axis::left(&mut svg, scale, (LEFT, RIGHT), 4);
        for (line, variant) in VARIANTS.iter().enumerate() {
            let own = points.iter().filter(|point| point.variant == variant.name);
            let at: Vec<(f64, f64)> =
                own.map(|point| (clients.at(point.clients as f64), scale.at(of(point)))).collect();
            svg.curve(if variant.jittered { "good-line" } else { "bad-line" }, at.iter().copied());
            at.iter().for_each(|point| mark(&mut svg, line, *point));
        }
        axis::bottom(&mut svg, &clients, bottom, if index == 1 { "clients" } else { "" });
    }
    svg
}

fn seconds(point: &Point) -> f64 {
    point.milliseconds / 1e3
}

fn calls(point: &Point) -> f64 {
    point.calls / point.clients.max(1) as f64
}

/// The least and the most of a figure, both above 0.
fn ends(points: &[Point], of: fn(&Point) -> f64) -> (f64, f64) {
    let values = || points.iter().map(of).filter(|value| *value > 0.0);
    (values().fold(f64::INFINITY, f64::min).min(1e9), values().fold(0.0, f64::max).max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jitter::contests;

    #[test]
    fn no_label_covers_another() {
        let plot = picture(&contests(1, 1, 2, || ()).unwrap());
        assert_eq!(plot.faults(), Vec::<String>::new());
        let text = plot.standalone();
        assert!(!text.contains("NaN") && !text.contains("inf"));
        assert_eq!(
            text.matches("-line\" d=").count(),
            1 + 2 * 5,
            "two lines for each backoff, and the hatch"
        );
    }
}
