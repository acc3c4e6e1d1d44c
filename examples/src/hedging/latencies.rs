//! How long calls took, by the millisecond.

/// Counts of whole milliseconds, the grain of the run's clock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Latencies {
    counts: Vec<u64>,
}

impl Latencies {
    pub(super) fn add(&mut self, millis: u128) {
        let millis = usize::try_from(millis).unwrap_or(usize::MAX - 1);
        if self.counts.len() <= millis {
            self.counts.resize(millis + 1, 0);
        }
        self.counts[millis] += 1;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.counts.resize(self.counts.len().max(other.counts.len()), 0);
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
    }

    /// How many calls.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The nearest-rank percentile in milliseconds, by the thousand.
    #[must_use]
    pub fn per_mille(&self, per_mille: u64) -> u64 {
        let rank = (self.calls() * per_mille).div_ceil(1000).max(1);
        let mut seen = 0;
        let reached = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        reached.unwrap_or(0) as u64
    }

    /// The mean in milliseconds.
    #[must_use]
    pub fn mean(&self) -> f64 {
        let sum: f64 =
            self.counts.iter().enumerate().map(|(millis, count)| millis as f64 * *count as f64).sum();
        sum / self.calls().max(1) as f64
    }

    /// For each millisecond at which a call ended, the share of the calls that took longer.
    pub(crate) fn slower(&self) -> Vec<(u64, f64)> {
        let calls = self.calls().max(1) as f64;
        let mut left = self.calls();
        let ends = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        ends.map(|(millis, count)| {
            left -= count;
            (millis as u64, left as f64 / calls)
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_nearest_rank() {
        let mut latencies = Latencies::default();
        assert_eq!((latencies.per_mille(500), latencies.mean()), (0, 0.0));
        (1..=1000).for_each(|millis| latencies.add(millis));
        for (per_mille, millis) in [(0, 1), (500, 500), (990, 990), (999, 999), (1000, 1000)] {
            assert_eq!(latencies.per_mille(per_mille), millis);
        }
        let mut both = Latencies::default();
        both.add(2000);
        both.merge(&latencies);
        assert_eq!((both.calls(), both.per_mille(1000)), (1001, 2000));
        assert_eq!(latencies.slower().last(), Some(&(1000, 0.0)));
        assert_eq!(latencies.slower()[0], (1, 0.999));
    }
}
