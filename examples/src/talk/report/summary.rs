//! `summary.json`: the experiment and its figures.

use super::statistics::Statistics;
use crate::talk::experiment::{Experiment, StageResult};
use serde::Serialize;

/// The file's contents.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// The first seed.
    pub seed: u64,
    /// How many seeds the means are over.
    pub seeds: u64,
    /// The loss as `P,R,1-H,1-K` in percent.
    pub loss: String,
    /// The network's preset.
    pub preset: &'static str,
    /// Calls per run.
    pub requests: usize,
    /// Calls at a time.
    pub workers: usize,
    /// Percentage of responses in which the server lies, in the stages where it does.
    pub lies: f64,
    /// The stages in the talk's order.
    pub stages: Vec<StageSummary>,
}

/// One stage: `ok`, `failed` and `unfinished` are the first seed's, the rest is over all seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StageSummary {
    /// The stage's name.
    pub name: &'static str,
    /// The talk's successes of 100, if it showed this stage.
    pub talk_ok: Option<u32>,
    /// Calls that brought the document.
    pub ok: usize,
    /// Calls that ended with an error.
    pub failed: usize,
    /// Calls that had not ended when the stage was cut off.
    pub unfinished: usize,
    /// Mean of `ok` over the seeds.
    pub mean_ok: f64,
    /// 5th percentile of `ok` over the seeds.
    pub p5_ok: usize,
    /// 95th percentile of `ok` over the seeds.
    pub p95_ok: usize,
    /// Requests sent per call, the first included.
    pub attempts_per_call: f64,
    /// Connection attempts started per call.
    pub connections_per_call: f64,
    /// Mean of the virtual time of a run.
    pub virtual_seconds: f64,
    /// Mean of the longest call of a run.
    pub longest_seconds: f64,
}

/// Fewer runs have no twentieth: what is 5 % to 95 % of them are all of them.
const TWENTY: u64 = 20;

impl Summary {
    /// What the range of the successes is that of, as a heading.
    #[must_use]
    pub fn range(&self) -> &'static str {
        if self.seeds < TWENTY { "least..most" } else { "5..95 %" }
    }

    /// The same, as a legend.
    #[must_use]
    pub fn range_of_seeds(&self) -> &'static str {
        if self.seeds < TWENTY { "least to most of the seeds" } else { "5th to 95th percentile of the seeds" }
    }

    /// The same in words.
    #[must_use]
    pub fn range_in_words(&self) -> &'static str {
        if self.seeds < TWENTY { "all runs" } else { "nine runs in ten" }
    }

    /// Of an experiment and its results.
    #[must_use]
    pub fn new(experiment: &Experiment, results: &[StageResult]) -> Self {
        Self {
            seed: experiment.seed,
            seeds: experiment.seeds,
            loss: experiment.loss.to_string(),
            preset: experiment.preset.name(),
            requests: experiment.requests,
            workers: experiment.workers,
            lies: experiment.lies,
            stages: results.iter().map(|result| StageSummary::new(experiment, result)).collect(),
        }
    }

    /// The file's text.
    ///
    /// # Errors
    /// Never for the values of a real run: they are finite.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }
}

impl StageSummary {
    fn new(experiment: &Experiment, result: &StageResult) -> Self {
        let statistics = Statistics::of(&result.figures, experiment.requests);
        Self {
            name: result.stage.name,
            talk_ok: result.stage.talk_ok,
            ok: result.first.ok(),
            failed: result.first.failed(),
            unfinished: result.first.unfinished,
            mean_ok: statistics.mean_ok,
            p5_ok: statistics.p5_ok,
            p95_ok: statistics.p95_ok,
            attempts_per_call: statistics.attempts_per_call,
            connections_per_call: statistics.connections_per_call,
            virtual_seconds: statistics.virtual_seconds,
            longest_seconds: statistics.longest_seconds,
        }
    }
}
