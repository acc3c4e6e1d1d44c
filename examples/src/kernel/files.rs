//! `kernel.json`, `kernel.csv` and `calls.csv`.

use super::{
    arguments::KernelRuns,
    difference::{Difference, Figure},
    measure::KernelRun,
    spread::Spread,
};
use crate::{
    output::File,
    sim::kernel::Probing,
    talk::experiment::{Experiment, Figures},
    what_if::Interval,
};
use serde::Serialize;
use std::io;

/// Kernel and lab, and all that the figures are the figures of.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) kernel: String,
    pub(super) date: String,
    pub(super) server: String,
    pub(super) tcp: &'static str,
    pub(super) preset: &'static str,
    pub(super) probe: &'static str,
    pub(super) loss: String,
    pub(super) lies: f64,
    pub(super) requests: usize,
    pub(super) workers: usize,
    pub(super) seed: u64,
    pub(super) runs: u64,
    pub(super) lab_seeds: u64,
    pub(super) stages: Vec<StageReport>,
}

/// A stage on both.
#[derive(Debug, Serialize)]
pub(super) struct StageReport {
    pub(super) name: &'static str,
    figures: Vec<FigureReport>,
}

#[derive(Debug, Serialize)]
struct FigureReport {
    figure: &'static str,
    kernel: Values,
    lab: Values,
    #[serde(skip)]
    compared: (Figure, Difference),
}

/// A mean with its 95 % interval.
#[derive(Debug, Serialize)]
struct Values {
    mean: f64,
    deviation: f64,
    low: Option<f64>,
    high: Option<f64>,
}

/// A line of `kernel.csv`.
#[derive(Debug, Serialize)]
struct RunLine {
    stage: &'static str,
    run: u64,
    seed: u64,
    ok: usize,
    failed: usize,
    unfinished: usize,
    requests: u64,
    connections: u64,
    seconds: f64,
    longest: f64,
    probe: u64,
}

/// A line of `calls.csv`, in order of completion. The flag is the talk's: 0 success, 1 error.
#[derive(Debug, Serialize)]
struct CallLine {
    stage: &'static str,
    run: u64,
    flag: u8,
    seconds: f64,
    requests: u64,
}

impl Report {
    pub(super) fn new(
        asked: &KernelRuns,
        experiment: &Experiment,
        lab: &[(&'static crate::talk::stages::Stage, Vec<Figures>)],
        runs: &[KernelRun],
        [kernel, date, server]: [String; 3],
    ) -> Self {
        let stages = lab.iter().map(|(stage, lab)| {
            let of_stage = runs.iter().filter(|run| run.stage.name == stage.name);
            let kernel: Vec<Figures> = of_stage.map(|run| Figures::of(&run.sampled)).collect();
            StageReport::new(stage.name, &kernel, lab, experiment.requests)
        });
        Self {
            kernel,
            date,
            server,
            tcp: asked.setup().tcp.name(),
            preset: experiment.preset.name(),
            probe: match (experiment.preset.knobs().probe, asked.setup().probing) {
                (None, _) => "none",
                (Some(_), Probing::Formula) => "formula",
                (Some(_), Probing::Real) => "real",
            },
            loss: experiment.loss.to_string(),
            lies: experiment.lies,
            requests: experiment.requests,
            workers: experiment.workers,
            seed: experiment.seed,
            runs: asked.runs,
            lab_seeds: experiment.seeds,
            stages: stages.collect(),
        }
    }

    /// Whether there is more than one run of each, so that there is a spread to compare by.
    pub(super) fn has_spread(&self) -> bool {
        self.runs > 1 && self.lab_seeds > 1
    }

    pub(super) fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }
}

impl StageReport {
    fn new(name: &'static str, kernel: &[Figures], lab: &[Figures], calls: usize) -> Self {
        let figures = Figure::ALL.map(|figure| {
            let difference = Difference::new(figure, kernel, lab, calls);
            FigureReport {
                figure: figure.name(),
                kernel: Values::of(&difference.kernel, figure.interval(kernel, calls)),
                lab: Values::of(&difference.lab, figure.interval(lab, calls)),
                compared: (figure, difference),
            }
        });
        Self { name, figures: figures.into() }
    }

    pub(super) fn differences(&self) -> impl Iterator<Item = (Figure, Difference)> {
        self.figures.iter().map(|figure| figure.compared)
    }

    /// The intervals over the kernel, in the order of the figures.
    pub(super) fn intervals(&self) -> impl Iterator<Item = Option<Interval>> {
        self.figures.iter().map(|figure| figure.kernel.interval())
    }

    /// The figure of both, with their intervals.
    pub(super) fn both(&self, figure: Figure) -> Option<[(f64, Option<Interval>); 2]> {
        let found = self.figures.iter().find(|report| report.compared.0 == figure)?;
        Some([&found.kernel, &found.lab].map(|values| (values.mean, values.interval())))
    }
}

impl Values {
    fn of(spread: &Spread, interval: Option<Interval>) -> Self {
        Self {
            mean: rounded(spread.mean),
            deviation: rounded(spread.deviation),
            low: interval.map(|interval| rounded(interval.low)),
            high: interval.map(|interval| rounded(interval.high)),
        }
    }

    fn interval(&self) -> Option<Interval> {
        Some(Interval { low: self.low?, high: self.high? })
    }
}

/// Four decimals: more would only show rounding errors.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// A line a run.
pub(super) fn runs_csv(runs: &[KernelRun]) -> io::Result<String> {
    let lines = runs.iter().map(|run| RunLine {
        stage: run.stage.name,
        run: run.run,
        seed: run.seed,
        ok: run.sampled.ok(),
        failed: run.sampled.failed(),
        unfinished: run.sampled.unfinished,
        requests: run.sampled.attempts,
        connections: run.sampled.connections,
        seconds: rounded(run.sampled.took.as_secs_f64()),
        longest: rounded(run.sampled.longest().as_secs_f64()),
        probe: run.probe,
    });
    csv(lines)
}

/// A line a call that ended.
pub(super) fn calls_csv(runs: &[KernelRun]) -> io::Result<String> {
    let lines = runs.iter().flat_map(|run| {
        run.sampled.samples.iter().map(|call| CallLine {
            stage: run.stage.name,
            run: run.run,
            flag: u8::from(!call.ok),
            seconds: rounded(call.took.as_secs_f64()),
            requests: call.requests,
        })
    });
    csv(lines)
}

/// What the client's host saw of each stage's first run.
pub(super) fn captures(runs: &[KernelRun]) -> Vec<File> {
    let mut files: Vec<File> = Vec::new();
    for (name, capture) in runs.iter().filter_map(|run| Some((run.stage.name, run.capture.as_ref()?))) {
        files.push((format!("{name}.pcap"), capture.pcap()));
        files.push((format!("{name}-download.csv"), capture.download_csv().into_bytes()));
        let probe = capture.probe_csv();
        if !probe.is_empty() {
            files.push((format!("{name}-probe.csv"), probe.into_bytes()));
        }
    }
    files
}

fn csv(lines: impl Iterator<Item = impl Serialize>) -> io::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for line in lines {
        writer.serialize(line)?;
    }
    let bytes = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
    String::from_utf8(bytes).map_err(io::Error::other)
}
