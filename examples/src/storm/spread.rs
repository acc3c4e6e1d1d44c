//! How far the runs lie apart.

use super::figures::Figures;
use crate::what_if::interval::of_independent;
use serde::Serialize;

/// What several runs of one variant have in common.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Spread {
    /// How many runs there were.
    pub runs: u64,
    /// How many of them recovered.
    pub runs_recovered: u64,
    /// The 95 % interval of the share that recovers (Wilson's), which says what other seeds may bring.
    pub recovered_interval: [f64; 2],
    /// The shortest recovery and the longest, in seconds, of the runs that recovered.
    pub recovery_seconds_range: Option<[f64; 2]>,
    /// The least goodput after the outage, and the most.
    pub goodput_after_range: [f64; 2],
}

impl Spread {
    /// Over runs.
    #[must_use]
    pub fn of(runs: &[Figures]) -> Self {
        let recovered = runs.iter().filter(|run| run.recovery_seconds.is_some()).count() as u64;
        let runs_all = runs.len() as u64;
        Self {
            runs: runs_all,
            runs_recovered: recovered,
            recovered_interval: wilson(recovered, runs_all),
            recovery_seconds_range: range(runs.iter().filter_map(|run| run.recovery_seconds)),
            goodput_after_range: range(runs.iter().map(|run| run.goodput_after)).unwrap_or_default(),
        }
    }
}

/// Wilson's 95 % interval of a share.
pub(super) fn wilson(some: u64, all: u64) -> [f64; 2] {
    if all == 0 {
        return [0.0, 1.0];
    }
    // Runs of different seeds have nothing in common.
    let interval = of_independent(some as f64 / all as f64, all as f64);
    [interval.low, interval.high].map(|end| (end * 1e4).round() / 1e4)
}

fn range(values: impl Iterator<Item = f64>) -> Option<[f64; 2]> {
    values.fold(None, |range: Option<[f64; 2]>, value| {
        let [least, most] = range.unwrap_or([value; 2]);
        Some([least.min(value), most.max(value)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilsons() {
        // Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I.
        for (some, all, interval) in [
            (81, 263, [0.2553, 0.3662]),
            (15, 148, [0.0624, 0.1605]),
            (0, 20, [0.0, 0.1611]),
            (1, 29, [0.0061, 0.1718]),
        ] {
            assert_eq!(wilson(some, all), interval, "{some} of {all}");
        }
        assert_eq!(wilson(0, 0), [0.0, 1.0]);
    }

    #[test]
    fn ranges_are_those_of_the_values() {
        assert_eq!(range([3.0, 1.0, 2.0].into_iter()), Some([1.0, 3.0]));
        assert_eq!(range(std::iter::empty()), None);
    }
}
