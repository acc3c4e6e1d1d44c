//! Mean and percentiles of a stage over its seeds.

use crate::talk::experiment::Figures;

/// A stage's figures over all seeds.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Statistics {
    /// Mean of the successes.
    pub mean_ok: f64,
    /// 5th percentile of the successes.
    pub p5_ok: usize,
    /// 95th percentile of the successes.
    pub p95_ok: usize,
    /// Mean of requests sent per call.
    pub attempts_per_call: f64,
    /// Mean of connection attempts per call.
    pub connections_per_call: f64,
    /// Mean of the runs' virtual time in seconds.
    pub virtual_seconds: f64,
    /// Mean of the runs' longest calls in seconds.
    pub longest_seconds: f64,
}

impl Statistics {
    /// Of runs of so many calls each; all zero without runs.
    #[must_use]
    pub fn of(runs: &[Figures], requests: usize) -> Self {
        let count = runs.len().max(1) as f64;
        // Added up in the order of the seeds, so that the sums are the same on any number of threads.
        let mean = |of: fn(&Figures) -> f64| rounded(runs.iter().map(of).sum::<f64>() / count);
        let per_call = |total: f64| rounded(total / requests.max(1) as f64);
        let mut ok: Vec<usize> = runs.iter().map(|run| run.ok).collect();
        ok.sort_unstable();
        Self {
            mean_ok: mean(|run| run.ok as f64),
            p5_ok: percentile(&ok, 5),
            p95_ok: percentile(&ok, 95),
            attempts_per_call: per_call(runs.iter().map(|run| run.attempts as f64).sum::<f64>() / count),
            connections_per_call: per_call(
                runs.iter().map(|run| run.connections as f64).sum::<f64>() / count,
            ),
            virtual_seconds: mean(|run| run.took.as_secs_f64()),
            longest_seconds: mean(|run| run.longest.as_secs_f64()),
        }
    }
}

/// Four decimals: more would only show rounding errors.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// The nearest-rank percentile of sorted values; 0 of none.
fn percentile(sorted: &[usize], percent: usize) -> usize {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn percentiles_are_those_of_the_nearest_rank() {
        let hundred: Vec<usize> = (1..=100).collect();
        for (values, p5, p95) in [
            (&hundred[..], 5, 95),
            (&hundred[..20], 1, 19),
            (&hundred[..10], 1, 10),
            (&hundred[..1], 1, 1),
            (&[], 0, 0),
        ] {
            assert_eq!((percentile(values, 5), percentile(values, 95)), (p5, p95), "{} values", values.len());
        }
    }

    #[test]
    fn means_are_per_run_and_per_call() {
        let run = |ok, attempts, seconds| Figures {
            ok,
            attempts,
            connections: attempts,
            took: Duration::from_secs(seconds),
            longest: Duration::from_secs(1),
        };
        let statistics = Statistics::of(&[run(7, 10, 3), run(8, 21, 4)], 10);
        assert_eq!((statistics.mean_ok, statistics.attempts_per_call), (7.5, 1.55));
        assert_eq!((statistics.virtual_seconds, statistics.longest_seconds), (3.5, 1.0));
        assert_eq!(Statistics::of(&[], 0).mean_ok, 0.0);
    }
}
