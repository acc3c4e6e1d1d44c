//! A figure of every stage: the kernel's and the lab's, one above the other, with their intervals.

use super::{
    difference::Figure,
    files::{Report, StageReport},
};
use crate::{
    output::plot::{
        axis,
        scale::Scale,
        svg::{Anchor, Svg},
    },
    what_if::Interval,
};

/// Narrow, so that a telephone shows all of it with its letters.
const WIDTH: f64 = 420.0;
const LEFT: f64 = 104.0;
const RIGHT: f64 = 404.0;
const TOP: f64 = 76.0;
/// Of a stage.
const ROW: f64 = 34.0;
/// From the middle of a stage's row to the kernel's line above it, and to the lab's below.
const APART: f64 = 7.0;
const MARK: f64 = 4.5;

/// Draws it.
pub(super) fn both(report: &Report, figure: Figure, name: &str, title: &str, unit: &str) -> Svg {
    let percent = if figure == Figure::Successes { 100.0 / report.requests.max(1) as f64 } else { 1.0 };
    let scaled = |(mean, interval): (f64, Option<Interval>)| {
        let scale = |Interval { low, high }| Interval { low: low * percent, high: high * percent };
        (mean * percent, interval.map(scale))
    };
    let row = |stage: &StageReport| Some((stage.name, stage.both(figure)?.map(scaled)));
    let rows: Vec<_> = report.stages.iter().filter_map(row).collect();
    let bottom = TOP + ROW * rows.len().max(1) as f64;
    let pixels = (LEFT, RIGHT);
    let scale = match figure {
        Figure::Successes => Scale::linear((0.0, 100.0), pixels),
        _ => Scale::up_to(rows.iter().flat_map(|(_, both)| both).map(most).fold(1.0, f64::max), 8, pixels),
    };
    let shows =
        format!("{title}: for each stage the mean over the kernel and in the lab, with 95 % intervals");
    let mut svg = Svg::sized(name, &shows, (WIDTH, bottom + 40.0));
    svg.text(14.0, 22.0, Anchor::Start, "head", title);
    legend(&mut svg, report);
    axis::columns(&mut svg, &scale, (TOP, bottom));
    for (index, (stage, [kernel, lab])) in rows.iter().enumerate() {
        let middle = TOP + ROW * (index as f64 + 0.5);
        svg.text(LEFT - 10.0, middle + 4.0, Anchor::End, "", stage);
        line(&mut svg, &scale, middle - APART, kernel.1);
        svg.circle("good", scale.at(kernel.0), middle - APART, MARK);
        line(&mut svg, &scale, middle + APART, lab.1);
        svg.diamond("paper", scale.at(lab.0), middle + APART, MARK + 1.0);
    }
    axis::bottom(&mut svg, &scale, bottom, unit);
    svg
}

fn most((mean, interval): &(f64, Option<Interval>)) -> f64 {
    interval.map_or(*mean, |interval| interval.high.max(*mean))
}

fn legend(svg: &mut Svg, report: &Report) {
    let (kernel, lab) = (report.runs, report.lab_seeds);
    let kernel = format!("over the kernel ({kernel} {})", if kernel == 1 { "run" } else { "runs" });
    let lab = format!("in the lab ({lab} {})", if lab == 1 { "seed" } else { "seeds" });
    svg.circle("good", 20.0, 39.5, MARK);
    svg.text(31.0, 44.0, Anchor::Start, "small", &kernel);
    svg.diamond("paper", 20.0, 56.5, MARK + 1.0);
    svg.text(31.0, 61.0, Anchor::Start, "small", &lab);
    let sample = Interval { low: 230.0, high: 252.0 };
    line(svg, &Scale::linear((0.0, WIDTH), (0.0, WIDTH)), 39.5, Some(sample));
    svg.text(260.0, 44.0, Anchor::Start, "small", "95 % of the mean");
}

/// An interval, with its ends marked.
fn line(svg: &mut Svg, scale: &Scale, y: f64, interval: Option<Interval>) {
    let Some(Interval { low, high }) = interval else { return };
    let (low, high) = (scale.at(low.max(0.0)), scale.at(high));
    svg.line("axis", (low, y), (high, y));
    for end in [low, high] {
        svg.line("axis", (end, y - 3.0), (end, y + 3.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        kernel::{KernelRun, KernelRuns},
        talk::{experiment::Figures, sampler::Sampled},
    };
    use clap::{Args, Command, FromArgMatches};
    use std::time::Duration;

    /// Of so many runs of every stage, all of them alike but for a second.
    fn report(runs: u64) -> Report {
        let parser = KernelRuns::augment_args(Command::new("kernel"));
        let asked = ["kernel".to_owned(), format!("--runs={runs}"), format!("--lab-seeds={runs}")];
        let asked = KernelRuns::from_arg_matches(&parser.get_matches_from(asked)).unwrap();
        let experiment = asked.experiment();
        let run = |stage, run| {
            let took = Duration::from_secs(run);
            let sampled = Sampled { took, unfinished: 100, ..Sampled::default() };
            KernelRun { stage, run, seed: 1, sampled, probe: 0, capture: None }
        };
        let kernel: Vec<KernelRun> =
            experiment.stages.iter().flat_map(|stage| (0..runs).map(|index| run(*stage, index))).collect();
        let figures = |ok| Figures {
            ok,
            attempts: 100,
            connections: 100,
            took: Duration::from_secs(1_000),
            longest: Duration::from_secs(100),
        };
        let lab: Vec<_> =
            experiment.stages.iter().map(|stage| (*stage, vec![figures(100); runs as usize])).collect();
        Report::new(&asked, &experiment, &lab, &kernel, ["6", "2026", "hyper"].map(str::to_owned))
    }

    #[test]
    fn no_label_covers_another_and_every_figure_is_a_number() {
        for runs in [1, 1_000] {
            let report = report(runs);
            for figure in [Figure::Successes, Figure::Seconds] {
                let plot =
                    both(&report, figure, "both", "How long a run takes", "calls of a run that succeed");
                assert_eq!(plot.faults(), Vec::<String>::new(), "{runs}");
                let text = plot.standalone();
                assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
                assert_eq!(text.matches("<circle class=\"good\"").count(), 1 + report.stages.len());
                assert!(text.contains(">own-retry<"), "{text}");
            }
        }
    }

    #[test]
    fn an_interval_ends_where_it_does() {
        let mut svg = Svg::new("a", "nothing", 100.0);
        let scale = Scale::linear((0.0, 10.0), (0.0, 100.0));
        line(&mut svg, &scale, 50.0, None);
        assert!(!svg.standalone().contains("class=\"axis\" d="));
        line(&mut svg, &scale, 50.0, Some(Interval { low: -1.0, high: 4.0 }));
        assert!(svg.standalone().contains("d=\"M0 50L40 50\""), "{}", svg.standalone());
    }
}
