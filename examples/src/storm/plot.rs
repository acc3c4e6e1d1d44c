//! The storm second by second: what is asked of the server, and what it answers in time.

use super::{experiment::Outcome, record::MeanSecond, setting::Setting};
use crate::output::plot::{
    axis,
    scale::Scale,
    series::{NARROW, legend, mark},
    svg::{Anchor, Svg},
};

const LEFT: f64 = 40.0;
const RIGHT: f64 = 386.0;
/// Top and bottom of the two panels.
const PANELS: [(f64, f64); 2] = [(104.0, 244.0), (290.0, 400.0)];
/// So many marks has a line.
const MARKS: usize = 9;

/// What a panel shows.
type Figure = (&'static str, fn(&MeanSecond) -> f64);

/// A line for each variant, of the means over the seeds.
#[must_use]
pub fn picture(setting: &Setting, outcomes: &[Outcome]) -> Svg {
    let shows = "For each way to retry, the attempts that reach the server and the calls that are answered in time, \
                 second by second over the outage";
    let mut svg = Svg::sized("storm", shows, (NARROW, PANELS[1].1 + 40.0));
    svg.text(14.0, 22.0, Anchor::Start, "head", "What retries make of an outage");
    legend(&mut svg, outcomes.iter().map(|outcome| outcome.variant), 44.0);
    svg.rect("outage", 267.0, 52.0, 11.0, 11.0);
    svg.text(282.0, 61.0, Anchor::Start, "small", "outage");
    let time = Scale::linear((0.0, setting.seconds() as f64), (LEFT, RIGHT));
    let down = setting.down().start as f64;
    let (from, to) = (time.at(down), time.at(down + setting.outage.as_secs_f64()));
    let figures: [Figure; 2] = [
        ("attempts per second", |second| second.offered),
        ("calls per second that succeed", |second| second.goodput),
    ];
    for ((caption, of), (top, bottom)) in figures.into_iter().zip(PANELS) {
        let most = outcomes.iter().flat_map(|outcome| &outcome.seconds).map(of).fold(0.0, f64::max);
        let scale = Scale::up_to(most, 4, (bottom, top));
        svg.text(14.0, top - 12.0, Anchor::Start, "caption", caption);
        svg.rect("outage", from, top, to - from, bottom - top);
        axis::left(&mut svg, &scale, (LEFT, RIGHT), 4);
        for (index, outcome) in outcomes.iter().enumerate() {
            let points: Vec<(f64, f64)> = outcome
                .seconds
                .iter()
                .map(of)
                .enumerate()
                .map(
                    // In the middle of its second.
                    |(second, value)| (time.at(second as f64 + 0.5), scale.at(value)),
                )
                .collect();
            svg.curve(if outcome.budgeted { "good-line" } else { "bad-line" }, points.iter().copied());
            // Not all at the same second: some lines lie on each other.
            let between = (setting.seconds() / MARKS).max(1);
            let marked = points.iter().skip(between / 2 + index * between / outcomes.len()).step_by(between);
            marked.for_each(|point| mark(&mut svg, index, *point));
        }
        axis::bottom(&mut svg, &time, bottom, if bottom == PANELS[1].1 { "seconds" } else { "" });
    }
    svg
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storm::storms;

    #[test]
    fn no_label_covers_another() {
        let setting = Setting::default();
        let plot = picture(&setting, &storms(&setting, 1, 1, 2, || ()).unwrap());
        assert_eq!(plot.faults(), Vec::<String>::new());
        let text = plot.standalone();
        assert!(!text.contains("NaN") && !text.contains("inf"));
        assert_eq!(
            text.matches("-line\" d=").count(),
            1 + 2 * 5,
            "two lines for each variant, and the hatch"
        );
        assert_eq!(picture(&setting, &[]).faults(), Vec::<String>::new());
    }
}
