//! What the runs come to, with intervals.

use super::{
    interval::{Interval, Resampled, wilson},
    run::Run,
};

/// A figure and where it lies with 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Estimate {
    /// The figure; infinite where a call that never ends decides it.
    pub value: f64,
    /// 95 % interval; none from a single seed.
    pub interval: Option<Interval>,
}

/// The figures of a question.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Figures {
    /// Calls in all.
    pub calls: usize,
    /// Calls that never ended or never began.
    pub unfinished: usize,
    /// Percentage of the calls that brought the document.
    pub success: Estimate,
    /// Median seconds until a call ended, well or not.
    pub p50: Estimate,
    /// 90th percentile.
    pub p90: Estimate,
    /// 99th percentile.
    pub p99: Estimate,
    /// 99.9th percentile.
    pub p999: Estimate,
    /// The longest call.
    pub max: f64,
    /// Requests sent per call, the first included.
    pub requests: Estimate,
    /// Kilobytes per call that the server put on the wire: packets with their heads, lost and repeated ones too.
    pub kilobytes: Estimate,
    /// Kilobytes per call that the client put on the wire.
    pub asked_kilobytes: Estimate,
    /// Mean virtual seconds of a run.
    pub run_seconds: f64,
}

impl Figures {
    /// Of these runs; resampling is a function of the seed.
    #[must_use]
    pub fn of(runs: &[Run], seed: u64) -> Self {
        let resampled = Resampled::new(runs.len(), seed);
        let calls: usize = runs.iter().map(|run| run.calls.len() + run.unfinished).sum();
        let ok: Vec<(usize, usize)> =
            runs.iter().map(|run| (run.ok(), run.calls.len() + run.unfinished)).collect();
        let latencies = Latencies::of(runs);
        let percentile = |per_mille: usize| {
            let value = |weights: &[u32]| latencies.percentile(per_mille, weights);
            resampled.estimate(value)
        };
        let per_call = |of: &dyn Fn(&Run) -> f64| {
            resampled.estimate(|weights| {
                let sums = runs.iter().zip(weights).map(|(run, weight)| {
                    let weight = f64::from(*weight);
                    (weight * of(run), weight * (run.calls.len() + run.unfinished) as f64)
                });
                let (sum, calls) = sums.fold((0.0, 0.0), |(a, b), (c, d)| (a + c, b + d));
                sum / f64::max(calls, 1.0)
            })
        };
        Self {
            calls,
            unfinished: runs.iter().map(|run| run.unfinished).sum(),
            success: success(&ok),
            p50: percentile(500),
            p90: percentile(900),
            p99: percentile(990),
            p999: percentile(999),
            max: latencies.percentile(1000, &vec![1; runs.len()]),
            requests: per_call(&|run| run.requests as f64),
            kilobytes: per_call(&|run| run.sent.server as f64 / 1e3),
            asked_kilobytes: per_call(&|run| run.sent.client as f64 / 1e3),
            run_seconds: runs.iter().map(|run| run.took.as_secs_f64()).sum::<f64>()
                / runs.len().max(1) as f64,
        }
    }
}

fn success(ok: &[(usize, usize)]) -> Estimate {
    let (good, all) = ok.iter().fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
    let value = 100.0 * good as f64 / all.max(1) as f64;
    let percent = |interval: Interval| Interval { low: 100.0 * interval.low, high: 100.0 * interval.high };
    Estimate { value, interval: wilson(ok).map(percent) }
}

/// The durations of all calls in order, each with its run.
struct Latencies(Vec<(f64, usize)>);

impl Latencies {
    fn of(runs: &[Run]) -> Self {
        let mut latencies: Vec<(f64, usize)> = Vec::new();
        for (index, run) in runs.iter().enumerate() {
            latencies.extend(run.calls.iter().map(|call| (call.took.as_secs_f64(), index)));
            latencies.extend((0..run.unfinished).map(|_| (f64::INFINITY, index)));
        }
        latencies.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self(latencies)
    }

    /// The nearest-rank percentile where each run counts so often.
    fn percentile(&self, per_mille: usize, weights: &[u32]) -> f64 {
        let total: usize = self.0.iter().map(|(_, run)| weights[*run] as usize).sum();
        let rank = (total * per_mille).div_ceil(1000).max(1);
        let mut seen = 0;
        for (seconds, run) in &self.0 {
            seen += weights[*run] as usize;
            if seen >= rank {
                return *seconds;
            }
        }
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{sim::network::BytesSent, talk::sampler::Sample};
    use std::time::Duration;

    fn run(millis: &[u64], failed: usize, unfinished: usize) -> Run {
        let call = |(index, millis): (usize, &u64)| Sample {
            ok: index >= failed,
            took: Duration::from_millis(*millis),
            requests: 1,
        };
        Run {
            calls: millis.iter().enumerate().map(call).collect(),
            unfinished,
            requests: 20,
            sent: BytesSent::default(),
            took: Duration::from_secs(1),
        }
    }

    #[test]
    fn percentiles_are_over_all_calls_of_all_seeds() {
        let millis: Vec<u64> = (1..=100).map(|tenths| tenths * 100).collect();
        let figures = Figures::of(&[run(&millis[..50], 5, 0), run(&millis[50..], 0, 0)], 1);
        assert_eq!(
            (figures.p50.value, figures.p90.value, figures.p99.value, figures.max),
            (5.0, 9.0, 9.9, 10.0)
        );
        assert_eq!((figures.calls, figures.success.value, figures.requests.value), (100, 95.0, 0.4));
    }

    #[test]
    fn a_call_that_never_ends_is_longer_than_any() {
        let figures = Figures::of(&[run(&[1_000; 8], 0, 2)], 1);
        assert_eq!((figures.unfinished, figures.success.value), (2, 80.0));
        assert_eq!((figures.p50.value, figures.p90.value), (1.0, f64::INFINITY));
        assert_eq!(figures.p50.interval, None, "no interval from one seed");
    }

    #[test]
    fn nothing_comes_to_nothing() {
        let figures = Figures::of(&[], 1);
        assert_eq!((figures.calls, figures.success.value, figures.p99.value), (0, 0.0, 0.0));
    }
}
