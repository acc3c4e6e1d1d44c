//! The default command: every stage over every seed, and everything that is made of it.

use crate::{
    output::{Answer, File, plot::Svg, progress::Progress},
    sim::network::{LEAST_TIMEOUT, Preset},
    talk::{
        capture::{self, Capture},
        experiment::{Experiment, StageResult},
        page::{Overview, Page, chapter, page},
        plot::{
            Distribution, ProbeEffect, Requests, StagePage, TimeSuccess, distribution, memory, pairs,
            probe_effect, requests, stage, time_success, timelines,
        },
        report::{Summary, samples_csv, table},
        stages::{
            StageLoss,
            limits::{BACKOFF_FACTOR, MAX_RETRIES},
        },
    },
};
use std::{error::Error, io, path::Path, time::Duration};

/// The outage of the timelines: longer than one constant wait or two, shorter than three.
const OUTAGE: Duration = Duration::from_secs(60);

/// What was run.
#[derive(Debug)]
pub struct Talk {
    experiment: Experiment,
    results: Vec<StageResult>,
    captures: Vec<Capture>,
    /// The talk's lossy stages on the other preset: without the probe if that is with it, and the other way round.
    others: Vec<StageResult>,
    probe_share: f64,
}

impl Talk {
    /// Runs everything and makes the files; `page` is where the page will be, `probe_share` as in [`run`](Self::run).
    ///
    /// # Errors
    /// If a run's runtime cannot be built.
    pub fn answer(
        experiment: Experiment,
        probe_share: f64,
        page: &Path,
        threads: usize,
    ) -> Result<Answer, Box<dyn Error>> {
        let progress = Progress::new(Self::runs(&experiment));
        let talk = Self::run(experiment, probe_share, threads, || progress.advance())?;
        drop(progress);
        let text = format!("{}\nAll of it to look at: {}\n", table(&talk.summary()), page.display());
        Ok(Answer::new(talk.files()?, text))
    }

    /// How many runs there will be.
    #[must_use]
    pub fn runs(experiment: &Experiment) -> u64 {
        experiment.runs() + other(experiment).runs() + experiment.stages.len() as u64
    }

    /// Runs everything; `probe_share` (percent) of the probe's packets are captured one by one.
    ///
    /// # Errors
    /// If a run's runtime cannot be built.
    pub fn run(
        experiment: Experiment,
        probe_share: f64,
        threads: usize,
        done: impl Fn() + Sync,
    ) -> io::Result<Self> {
        let results = experiment.run(threads, &done)?;
        let captures = experiment.captures(probe_share / 100.0, threads, &done)?;
        let others = other(&experiment).run(threads, &done)?;
        Ok(Self { experiment, results, captures, others, probe_share })
    }

    /// The figures.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary::new(&self.experiment, &self.results)
    }

    /// Every file, the page last: whoever finds it finds what it links to.
    ///
    /// # Errors
    /// Never for the values of a real run: they are finite.
    pub fn files(&self) -> serde_json::Result<Vec<File>> {
        let summary = self.summary();
        let mut files = vec![("summary.json".to_owned(), summary.to_json()?.into_bytes())];
        for (result, capture) in self.results.iter().zip(&self.captures) {
            let name = result.stage.name;
            files.push((format!("{name}.csv"), samples_csv(&result.first).into_bytes()));
            files.push((format!("{name}.pcap"), capture.pcap()));
            files.push((format!("{name}-probe.csv"), capture.probe_csv().into_bytes()));
            files.push((format!("{name}-download.csv"), capture.download_csv().into_bytes()));
        }
        let (stages, overview) = (self.stages(), self.overview(&summary));
        let svgs = stages.iter().chain(overview.plots());
        files.extend(svgs.map(|svg| (format!("{}.svg", svg.name()), svg.standalone().into_bytes())));
        let (summary, stages, overview) = (&summary, &stages[..], &overview);
        let html = page(&Page { summary, stages, overview, probe_share: self.probe_share });
        files.push(("index.html".to_owned(), html.into_bytes()));
        Ok(files)
    }

    /// Every plot: each stage's, and those of all of them.
    #[must_use]
    pub fn plots(&self) -> Vec<Svg> {
        let mut plots = self.stages();
        plots.extend(self.overview(&self.summary()).plots().cloned());
        plots
    }

    fn stages(&self) -> Vec<Svg> {
        let plot = |(result, capture): (&StageResult, &Capture)| {
            let name = result.stage.name;
            stage(&StagePage {
                name,
                seed: self.experiment.seed,
                sampled: &result.first,
                traffic: capture.traffic(),
                cut: capture.is_cut(),
                limits: chapter(name).map_or(&[], |chapter| chapter.limits),
                percentile: name == "naive",
            })
        };
        self.results.iter().zip(&self.captures).map(plot).collect()
    }

    fn overview(&self, summary: &Summary) -> Overview {
        let share = 100.0 / self.experiment.requests.max(1) as f64;
        let points = summary.stages.iter().map(|stage| {
            let range = (stage.p5_ok as f64 * share, stage.p95_ok as f64 * share);
            TimeSuccess::new(
                stage.name,
                stage.virtual_seconds,
                stage.mean_ok * share,
                range,
                stage.talk_ok.is_some(),
            )
        });
        let costs = summary.stages.iter().map(|stage| {
            let at_most = chapter(stage.name).map_or(1, |chapter| chapter.at_most);
            Requests::new(stage.name, stage.attempts_per_call, at_most)
        });
        let effects = self.effects();
        Overview {
            successes: successes(&self.experiment, &self.results),
            time_success: time_success(&points.collect::<Vec<_>>(), summary.range_of_seeds()),
            requests: requests(&costs.collect::<Vec<_>>()),
            pairs: pairs(probe_rate(), capture::PROBE_PACKET, self.experiment.seed),
            timelines: timelines(OUTAGE, BACKOFF_FACTOR, MAX_RETRIES),
            memory: forgetting(&self.experiment),
            probe_effect: (!effects.is_empty()).then(|| probe_effect(&effects)),
        }
    }

    /// The lossy stages under both presets.
    fn effects(&self) -> Vec<ProbeEffect> {
        let calls = self.experiment.requests;
        let pairs = self.others.iter().filter_map(|other| {
            let same = self.results.iter().find(|result| result.stage.name == other.stage.name)?;
            Some(match self.experiment.preset {
                Preset::Talk => ProbeEffect::new(row(same, calls), row(other, calls)),
                Preset::NoProbe => ProbeEffect::new(row(other, calls), row(same, calls)),
            })
        });
        pairs.collect()
    }
}

/// The plot of each stage's successes over the seeds.
#[must_use]
pub fn successes(experiment: &Experiment, results: &[StageResult]) -> Svg {
    distribution(&results.iter().map(|result| row(result, experiment.requests)).collect::<Vec<_>>())
}

/// The plot of how long the loss remembers, if anything is lost.
#[must_use]
pub fn forgetting(experiment: &Experiment) -> Option<Svg> {
    let Experiment { loss, seed, .. } = *experiment;
    (loss.loss_after_loss(1) > 0.0).then(|| memory(loss, probe_rate(), LEAST_TIMEOUT, seed))
}

/// Packets a second of the talk's probe.
fn probe_rate() -> u32 {
    Preset::Talk.knobs().probe.unwrap_or(0)
}

/// The talk's lossy stages on the other preset.
fn other(experiment: &Experiment) -> Experiment {
    let mut other = experiment.clone();
    other.preset = match experiment.preset {
        Preset::Talk => Preset::NoProbe,
        Preset::NoProbe => Preset::Talk,
    };
    other.stages.retain(|stage| stage.loss == StageLoss::Given && stage.talk_ok.is_some());
    other
}

fn row(result: &StageResult, calls: usize) -> Distribution {
    let successes = result.figures.iter().map(|figures| figures.ok);
    Distribution::new(result.stage.name, result.stage.talk_ok, calls, successes)
}
