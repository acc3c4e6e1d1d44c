//! What a map shows: a figure, and how dark it is.

use super::map::Cell;
use crate::what_if::{
    Figures,
    report::{decimals_of, with_unit},
};

/// A figure of each cell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measure {
    pub(crate) title: &'static str,
    decimals: fn(f64) -> usize,
    of: fn(&Figures) -> f64,
    /// From the figure to something that is larger the worse it is, and whose ratios count.
    badness: fn(f64) -> f64,
}

/// What is drawn: a policy is good if all three are light.
pub(crate) const MEASURES: [Measure; 3] = [
    Measure {
        title: "success (%)",
        decimals: |_| 2,
        of: |figures| figures.success.value,
        // 99 and 99.9 differ as 90 and 99 do.
        badness: |percent| (100.0 - percent).max(0.01),
    },
    Measure {
        title: "99 % of the calls end within (s)",
        decimals: decimals_of,
        of: |figures| figures.p99.value,
        badness: |seconds| seconds,
    },
    Measure {
        title: "requests per call",
        decimals: |_| 2,
        of: |figures| figures.requests.value,
        badness: |requests| requests,
    },
];

impl Measure {
    pub(crate) fn text(&self, cell: &Cell) -> String {
        self.show(self.value(cell))
    }

    pub(crate) fn value(&self, cell: &Cell) -> f64 {
        (self.of)(&cell.figures)
    }

    /// Larger the worse it is.
    pub(crate) fn badness(&self, cell: &Cell) -> f64 {
        (self.badness)(self.value(cell))
    }

    pub(crate) fn show(&self, value: f64) -> String {
        with_unit(value, (self.decimals)(value), "")
    }

    /// How bad each cell is from 0 (the best of the map) to 1 (the worst), on a logarithmic scale.
    pub(crate) fn shades(&self, cells: &[Cell]) -> Vec<f64> {
        let logs: Vec<f64> =
            cells.iter().map(|cell| (self.badness)((self.of)(&cell.figures)).max(1e-3).ln()).collect();
        let finite = || logs.iter().copied().filter(|log| log.is_finite());
        let (least, most) =
            (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
        let shade = |log: &f64| match (log - least) / (most - least) {
            _ if !log.is_finite() => 1.0,
            shade if shade.is_finite() => shade,
            _ => 0.0,
        };
        logs.iter().map(shade).collect()
    }
}
