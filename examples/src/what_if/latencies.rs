//! How long calls took, in their order.

use super::{
    Estimate, Run,
    interval::{Effective, LEAST_SEEDS},
};

/// The durations of calls in their order, each with its run.
pub(crate) struct Latencies {
    sorted: Vec<(f64, usize)>,
    /// The calls of each run.
    calls: Vec<usize>,
    /// What the percentile of no call is.
    of_none: f64,
}

impl Latencies {
    /// Of all calls; those that never end are longer than any.
    pub(crate) fn of_all(runs: &[Run]) -> Self {
        Self::of(runs, |_| true, |run| run.unfinished)
    }

    /// Of the calls that brought the document.
    pub(crate) fn of_successes(runs: &[Run]) -> Self {
        Self::of(runs, |ok| ok, |_| 0)
    }

    /// Of the seconds of each run's calls.
    #[cfg(test)]
    pub(crate) fn of_seconds<'a>(runs: impl Iterator<Item = &'a [f64]>) -> Self {
        let (mut sorted, mut calls) = (Vec::new(), Vec::new());
        for (index, run) in runs.enumerate() {
            sorted.extend(run.iter().map(|seconds| (*seconds, index)));
            calls.push(run.len());
        }
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self { sorted, calls, of_none: 0.0 }
    }

    fn of(runs: &[Run], counts: impl Fn(bool) -> bool, unfinished: impl Fn(&Run) -> usize) -> Self {
        let mut sorted: Vec<(f64, usize)> = Vec::new();
        for (index, run) in runs.iter().enumerate() {
            let calls = run.calls.iter().filter(|call| counts(call.ok));
            sorted.extend(calls.map(|call| (call.took.as_secs_f64(), index)));
            sorted.extend((0..unfinished(run)).map(|_| (f64::INFINITY, index)));
        }
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut calls = vec![0; runs.len()];
        sorted.iter().for_each(|(_, run)| calls[*run] += 1);
        let called = runs.iter().any(|run| !run.calls.is_empty() || run.unfinished > 0);
        Self { sorted, calls, of_none: if called { f64::INFINITY } else { 0.0 } }
    }

    /// The nearest-rank percentile.
    pub(crate) fn percentile(&self, per_mille: usize) -> f64 {
        let rank = (self.sorted.len() * per_mille).div_ceil(1000).max(1);
        self.sorted.get(rank - 1).map_or(self.of_none, |(seconds, _)| *seconds)
    }

    /// The nearest-rank percentile where each run counts so often.
    pub(crate) fn weighted(&self, per_mille: usize, weights: &[u32]) -> f64 {
        let total: usize =
            self.calls.iter().zip(weights).map(|(calls, weight)| calls * *weight as usize).sum();
        let above = total - (total * per_mille).div_ceil(1000).max(1).min(total);
        let mut seen = 0;
        // From the end: those that are asked for are mostly near it.
        for (seconds, run) in self.sorted.iter().rev() {
            seen += weights[*run] as usize;
            if seen > above {
                return *seconds;
            }
        }
        self.of_none
    }

    /// The percentile with its interval, where so many calls run side by side.
    pub(crate) fn estimate(&self, per_mille: usize, together: usize) -> Estimate {
        let value = self.percentile(per_mille);
        let mut longer = vec![0; self.calls.len()];
        for (seconds, run) in self.sorted.iter().rev() {
            if *seconds <= value && seconds.is_finite() {
                break;
            }
            longer[*run] += 1;
        }
        let clusters: Vec<(usize, usize)> = longer.into_iter().zip(self.calls.iter().copied()).collect();
        let interval = (clusters.len() >= LEAST_SEEDS)
            .then(|| {
                Effective::of(&clusters, together)?.percentile(1.0 - per_mille as f64 / 1e3, &self.sorted)
            })
            .flatten();
        Estimate { value, interval }
    }
}
