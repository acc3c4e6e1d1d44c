//! What a policy must hold, and how far one is from it.

use crate::what_if::{Figures, Run, interval::share, latencies::Latencies};

/// What is demanded.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Goal {
    /// The least success in percent.
    pub success: f64,
    /// The most requests per call.
    pub requests: f64,
}

/// How a candidate stands after some runs: the smaller the better, first by what it breaks, then by its p99: of all calls or
/// of the successful ones, whichever is longer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Standing {
    pub(crate) broken: f64,
    pub(crate) slowest: f64,
}

impl Goal {
    /// A goal of so many percent at so many requests per call.
    #[must_use]
    pub fn new(success: f64, requests: f64) -> Self {
        Self { success, requests }
    }

    /// Whether the figures hold it.
    #[must_use]
    pub fn holds(&self, figures: &Figures) -> bool {
        self.broken_by(figures.success.value, figures.requests.value) <= 0.0
    }

    /// How far from it: 0 where it holds. Twice as many failures count as much as twice as many requests.
    pub(crate) fn broken_by(&self, success: f64, requests: f64) -> f64 {
        // A hundredth of a percent more, so that a goal of 100 % has a distance too.
        let failures = |percent: f64| 100.01 - percent;
        let too_few = (failures(success) / failures(self.success)).ln();
        let too_many = (requests / self.requests).ln();
        too_few.max(0.0) + too_many.max(0.0)
    }

    /// How these runs stand by what they show.
    pub(crate) fn standing(&self, runs: &[Run]) -> Standing {
        let (good, calls, requests) = sums(runs);
        Standing { broken: self.broken_by(100.0 * good / calls, requests / calls), slowest: slowest(runs) }
    }

    /// How these runs stand, in doubt for the candidate: a few runs must not throw out what many would let pass.
    pub(crate) fn standing_in_doubt(&self, runs: &[Run], together: usize) -> Standing {
        let (good, calls, requests) = sums(runs);
        let ok: Vec<(usize, usize)> =
            runs.iter().map(|run| (run.ok(), run.calls.len() + run.unfinished)).collect();
        let most = share(&ok, together).map_or(1.0, |interval| interval.high).max(good / calls);
        let doubt = 1.0 + 0.1 / (runs.len().max(1) as f64).sqrt();
        Standing { broken: self.broken_by(100.0 * most, requests / calls / doubt), slowest: slowest(runs) }
    }
}

impl Standing {
    pub(crate) fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.broken.total_cmp(&other.broken).then(self.slowest.total_cmp(&other.slowest))
    }

    /// The same from figures.
    pub(crate) fn of(goal: Goal, figures: &Figures) -> Self {
        let broken = goal.broken_by(figures.success.value, figures.requests.value);
        Self { broken, slowest: figures.p99.value.max(figures.p99_ok.value) }
    }
}

/// Good calls, all calls, requests.
fn sums(runs: &[Run]) -> (f64, f64, f64) {
    let good: usize = runs.iter().map(Run::ok).sum();
    let calls: usize = runs.iter().map(|run| run.calls.len() + run.unfinished).sum();
    let requests: u64 = runs.iter().map(|run| run.requests).sum();
    (good as f64, calls.max(1) as f64, requests as f64)
}

/// The p99 of all calls or of those that succeed, whichever is longer: neither to fail at once nor to fail late is quick.
fn slowest(runs: &[Run]) -> f64 {
    Latencies::of_all(runs).percentile(990).max(Latencies::of_successes(runs).percentile(990))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_is_not_broken_and_what_is_farther_is_more_so() {
        let goal = Goal::new(99.0, 2.0);
        assert!(goal.broken_by(99.0, 2.0) <= 0.0 && goal.broken_by(100.0, 1.0) <= 0.0);
        let farther = [(98.9, 2.0), (98.0, 2.0), (98.0, 3.0), (50.0, 3.0)];
        let broken: Vec<f64> =
            farther.iter().map(|(success, requests)| goal.broken_by(*success, *requests)).collect();
        assert!(broken.is_sorted() && broken[0] > 0.0, "{broken:?}");
        assert!(Goal::new(100.0, 1.0).broken_by(99.99, 1.0).is_finite());
    }

    #[test]
    fn what_breaks_less_stands_before_what_is_quicker() {
        let standing = |broken, slowest| Standing { broken, slowest };
        assert!(standing(0.0, 9.0).cmp(&standing(0.1, 1.0)).is_lt());
        assert!(standing(0.0, 1.0).cmp(&standing(0.0, f64::INFINITY)).is_lt());
    }
}
