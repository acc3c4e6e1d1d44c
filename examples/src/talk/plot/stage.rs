//! A stage's page, as the talk shows it: what came of the calls, the traffic, and how long the calls took.

use super::{
    histogram::{self, histogram},
    outcome::{self, outcome},
    traffic::{self, traffic},
};
use crate::{
    output::plot::{
        scale::number,
        svg::{Anchor, Svg},
    },
    talk::{
        capture::Traffic,
        sampler::{Sample, Sampled},
    },
};
use std::time::Duration;

/// A limit of the stage's client, to be seen in the histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limit {
    /// What happens.
    pub name: &'static str,
    /// When.
    pub after: Duration,
}

/// What a stage's page shows: one run.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct StagePage<'a> {
    /// The stage's name, which becomes the picture's.
    pub name: &'a str,
    /// The run's seed.
    pub seed: u64,
    /// Its calls.
    pub sampled: &'a Sampled,
    /// What arrived.
    pub traffic: &'a Traffic,
    /// Whether the run went on after what arrived was no longer taken down.
    pub cut: bool,
    /// The client's limits.
    pub limits: &'a [Limit],
    /// Whether there is a second histogram without the longest twentieth of the calls, as in the talk for `naive`.
    pub percentile: bool,
}

impl Limit {
    /// A limit.
    #[must_use]
    pub const fn new(name: &'static str, after: Duration) -> Self {
        Self { name, after }
    }
}

/// Draws it.
#[must_use]
pub fn stage(page: &StagePage<'_>) -> Svg {
    let StagePage { name, seed, sampled, limits, .. } = *page;
    let (ok, failed, unfinished) = (sampled.ok(), sampled.failed(), sampled.unfinished);
    let took = number((sampled.took.as_secs_f64() * 10.0).round() / 10.0);
    let mut height = HEAD + outcome::HEIGHT + traffic::height(page.traffic) + histogram::height(limits) + 8.0;
    if page.percentile {
        height += histogram::height(&[]);
    }
    let shows = format!("{name}: {ok} calls ok, {failed} failed, {unfinished} unfinished, in {took} s");
    let mut svg = Svg::new(name, &shows, height);
    let calls = ok + failed + unfinished;
    svg.text(56.0, 22.0, Anchor::Start, "head", &format!("{name}: {calls} calls in {took} s (seed {seed})"));
    let mut top = HEAD;
    outcome(&mut svg, top, ok, failed, unfinished, &format!(" after {took} s"));
    top += outcome::HEIGHT;
    traffic(&mut svg, top, page.traffic, page.cut);
    top += traffic::height(page.traffic);
    histogram(&mut svg, top, "How long calls took", &sampled.samples, limits);
    top += histogram::height(limits);
    if page.percentile {
        histogram(&mut svg, top, "Within the 95th percentile", &within_95th(&sampled.samples), &[]);
    }
    svg
}

/// Above the first plot, for the heading.
const HEAD: f64 = 36.0;

/// The calls that took no longer than the 95th percentile of all that ended (nearest rank).
fn within_95th(samples: &[Sample]) -> Vec<Sample> {
    let mut times: Vec<Duration> = samples.iter().map(|sample| sample.took).collect();
    times.sort_unstable();
    let rank = (times.len() * 95).div_ceil(100).max(1);
    let Some(&limit) = times.get(rank - 1) else { return Vec::new() };
    samples.iter().filter(|sample| sample.took <= limit).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_95th_percentile_is_that_of_the_nearest_rank() {
        for (calls, within) in [(0, 0), (1, 1), (19, 19), (20, 19), (40, 38), (100, 95)] {
            let samples = (1..=calls).rev().map(|seconds| Sample {
                ok: true,
                took: Duration::from_secs(seconds),
                requests: 1,
            });
            let within_95th = within_95th(&samples.collect::<Vec<_>>());
            assert_eq!(within_95th.len(), within, "{calls} calls");
            assert!(within_95th.iter().all(|sample| sample.took.as_secs() <= within as u64));
        }
    }
}
