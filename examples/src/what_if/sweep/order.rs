//! What the seeds tell of the cells' order.
//!
//! A map shows which settings are better, and neighbours often differ by less than by luck. All cells had the same seeds, so two
//! of them are compared seed by seed: the seeds are drawn anew, for both cells alike, and their order is told if it mostly stays.

use super::{
    map::{Cell, Map},
    measure::MEASURES,
};
use crate::what_if::{
    Run,
    interval::{LEAST_RESAMPLED, Resampled},
    latencies::Latencies,
};

/// Stands beside a value that is not told from the best of its row.
pub(super) const NOT_TOLD: char = '~';

/// What each measure comes to when the seeds are drawn anew, in the order of [`MEASURES`].
pub(super) fn resampled(runs: &[Run], resampled: &Resampled) -> [Vec<f64>; 3] {
    let latencies = Latencies::of_all(runs);
    let per_call = |of: fn(&Run) -> f64| {
        resampled.each(|weights| {
            let sums = runs.iter().zip(weights).map(|(run, weight)| {
                let weight = f64::from(*weight);
                (weight * of(run), weight * (run.calls.len() + run.unfinished) as f64)
            });
            let (sum, calls) = sums.fold((0.0, 0.0), |(a, b), (c, d)| (a + c, b + d));
            sum / f64::max(calls, 1.0)
        })
    };
    [
        per_call(|run| 100.0 * run.ok() as f64),
        resampled.each(|weights| latencies.weighted(990, weights)),
        per_call(|run| run.requests as f64),
    ]
}

impl Map {
    /// Whether the seeds tell two cells apart by a measure.
    fn are_told_apart(&self, measure: usize, a: &Cell, b: &Cell) -> bool {
        let value = |cell: &Cell| MEASURES[measure].value(cell);
        let pairs = a.resampled[measure].iter().zip(&b.resampled[measure]);
        let differences = pairs.map(|(a, b)| a - b).collect();
        let resampled = self.resampled.as_ref();
        resampled
            .and_then(|resampled| resampled.interval(differences, value(a) - value(b)))
            .is_some_and(|interval| interval.low > 0.0 || interval.high < 0.0)
    }

    /// Whether each cell is told from the best of its row: nothing where nothing can be said, or where it is alone. The best is
    /// told if all others are told from it.
    pub(crate) fn told(&self, measure: usize) -> Vec<Option<bool>> {
        self.lines().flat_map(|line| self.told_in(measure, line)).collect()
    }

    fn told_in(&self, measure: usize, line: &[Cell]) -> Vec<Option<bool>> {
        let badness = |cell: &Cell| MEASURES[measure].badness(cell);
        let best = (0..line.len()).min_by(|a, b| badness(&line[*a]).total_cmp(&badness(&line[*b])));
        let Some(best) = best.filter(|_| line.len() > 1 && self.says_something()) else {
            return vec![None; line.len()];
        };
        let told = |index: usize| self.are_told_apart(measure, &line[best], &line[index]);
        let mut all: Vec<bool> = (0..line.len()).map(|index| index == best || told(index)).collect();
        all[best] = all.iter().all(|told| *told);
        all.into_iter().map(Some).collect()
    }

    fn says_something(&self) -> bool {
        self.cells.first().is_some_and(|cell| !cell.resampled[0].is_empty()) && self.resampled.is_some()
    }

    /// What is said of the order below the map.
    pub(crate) fn order(&self) -> String {
        if self.cells.len() < 2 {
            return String::new();
        }
        if !self.says_something() {
            return format!(
                "Fewer than {LEAST_RESAMPLED} seeds, or not as many in each cell: nothing is known of the order of the cells.\n"
            );
        }
        let pairs = self.lines().flat_map(|line| {
            line.iter().enumerate().flat_map(|(index, a)| line[index + 1..].iter().map(move |b| (a, b)))
        });
        let (mut all, mut told) = (0, 0);
        for (a, b) in pairs {
            all += 1;
            told += usize::from(self.are_told_apart(1, a, b));
        }
        let of_row = if self.rows.is_some() { " of its row" } else { "" };
        format!(
            "{NOT_TOLD} is not told from the best{of_row} (95 %, compared seed by seed).\nBy p99 these seeds tell {told} of {all} \
             pairs of cells{} apart; more --seeds tell more.\n",
            of_row.replace("its", "a"),
        )
    }
}
