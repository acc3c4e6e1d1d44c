//! How sure a figure is.
//!
//! The calls of one seed share a network and are not independent, so the seeds are what is counted: by resampling
//! them (cluster bootstrap), and for the success, whose interval must not end at nothing where every call succeeded, by
//! Wilson's interval with the effective sample size of the clusters (Korn and Graubard, "Confidence intervals for
//! proportions with small expected number of positive counts estimated from survey data", 1998).

use super::figures::Estimate;
use crate::sim::random::{Purpose, Random};

/// Where a figure lies with 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// How often a figure is computed from seeds drawn anew.
const RESAMPLES: usize = 400;

/// 97.5 % of a normal distribution lie below this many standard deviations.
const Z: f64 = 1.959_964;

/// How often each seed counts in each resample.
pub(crate) struct Resampled {
    seeds: usize,
    weights: Vec<Vec<u32>>,
}

impl Resampled {
    pub(crate) fn new(seeds: usize, seed: u64) -> Self {
        let mut random = Random::new(seed, Purpose::Resampling);
        let resamples = if seeds > 1 { RESAMPLES } else { 0 };
        let weights = (0..resamples).map(|_| {
            let mut weights = vec![0; seeds];
            for _ in 0..seeds {
                weights[random.below(seeds as u64) as usize] += 1;
            }
            weights
        });
        Self { seeds, weights: weights.collect() }
    }

    /// A figure that is a function of how often each seed counts.
    pub(crate) fn estimate(&self, figure: impl Fn(&[u32]) -> f64) -> Estimate {
        let value = figure(&vec![1; self.seeds]);
        let mut values: Vec<f64> = self.weights.iter().map(|weights| figure(weights)).collect();
        values.sort_by(f64::total_cmp);
        let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
        let interval =
            (!values.is_empty()).then(|| Interval { low: at(0.025).min(value), high: at(0.975).max(value) });
        Estimate { value, interval }
    }
}

/// The interval of a share, from the good ones and all of each seed.
pub(crate) fn wilson(clusters: &[(usize, usize)]) -> Option<Interval> {
    let all: usize = clusters.iter().map(|(_, all)| all).sum();
    if clusters.len() < 2 || all == 0 {
        return None;
    }
    let (n, good) = (all as f64, clusters.iter().map(|(good, _)| *good as f64).sum::<f64>());
    let share = good / n;
    // By how much the share varies from seed to seed, against what independent calls would show.
    let k = clusters.len() as f64;
    let residuals =
        clusters.iter().map(|(good, all)| (*good as f64 - share * *all as f64).powi(2)).sum::<f64>();
    let variance = residuals / (n * n) * k / (k - 1.0);
    let independent = share * (1.0 - share) / n;
    let design = if independent > 0.0 { (variance / independent).max(1.0) } else { 1.0 };
    let n = n / design;
    let centre = (share + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    Some(Interval { low: (centre - half).clamp(0.0, share), high: (centre + half).clamp(share, 1.0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilsons_interval_is_the_textbooks_where_calls_are_independent() {
        // Ten clusters with exactly the spread of a binomial or less: 90 of 100 gives 0.8256..0.9448.
        let interval = wilson(&[(9, 10); 10]).unwrap();
        assert!(
            (interval.low - 0.8256).abs() < 1e-4 && (interval.high - 0.9448).abs() < 1e-4,
            "{interval:?}"
        );
    }

    #[test]
    fn seeds_that_differ_widen_it_and_certainty_does_not_close_it() {
        let even = wilson(&[(50, 100); 10]).unwrap();
        let mut uneven = [(100, 100); 10];
        uneven[5..].fill((0, 100));
        let uneven = wilson(&uneven).unwrap();
        assert!(uneven.high - uneven.low > 3.0 * (even.high - even.low), "{even:?} {uneven:?}");
        let perfect = wilson(&[(100, 100); 10]).unwrap();
        assert!(perfect.high >= 1.0 && perfect.low > 0.99 && perfect.low < 1.0, "{perfect:?}");
        let hopeless = wilson(&[(0, 100); 10]).unwrap();
        assert!(hopeless.low <= 0.0 && hopeless.high > 0.0 && hopeless.high < 0.01, "{hopeless:?}");
        assert_eq!(wilson(&[(5, 10)]), None);
        assert_eq!(wilson(&[(0, 0), (0, 0)]), None);
    }

    #[test]
    fn nineteen_intervals_in_twenty_hold_the_truth() {
        // Means of 40 uniform numbers, 400 times: the truth is 0.5.
        let mut random = Random::new(3, Purpose::Calls);
        let holds = (0..400).filter(|seed| {
            let values: Vec<f64> = (0..40).map(|_| random.unit()).collect();
            let mean = |weights: &[u32]| {
                values.iter().zip(weights).map(|(value, weight)| value * f64::from(*weight)).sum::<f64>()
                    / 40.0
            };
            let interval = Resampled::new(40, *seed).estimate(mean).interval.unwrap();
            (interval.low..=interval.high).contains(&0.5)
        });
        let share = holds.count() as f64 / 400.0;
        assert!((0.91..=0.98).contains(&share), "{share}");
    }

    #[test]
    fn one_seed_gives_no_interval() {
        for seeds in [0, 1] {
            assert_eq!(Resampled::new(seeds, 1).estimate(|_| 5.0), Estimate { value: 5.0, interval: None });
        }
    }
}
