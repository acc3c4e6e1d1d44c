//! Seeds drawn anew: how sure a difference is that was measured on the same seeds.

use super::{Interval, student};
use crate::sim::random::{Purpose, Random};

/// How often each seed counts in each resample.
#[derive(Debug, Clone)]
pub(crate) struct Resampled {
    seeds: usize,
    weights: Vec<Vec<u32>>,
}

/// How often a figure is computed from seeds drawn anew.
const RESAMPLES: usize = 400;

/// Fewer seeds are not resampled: a percentile of the slowest hundredth then is a matter of one or two of them.
pub(crate) const LEAST_RESAMPLED: usize = 20;

impl Resampled {
    pub(crate) fn new(seeds: usize, seed: u64) -> Self {
        let mut random = Random::new(seed, Purpose::Resampling);
        let resamples = if seeds >= LEAST_RESAMPLED { RESAMPLES } else { 0 };
        let weights = (0..resamples).map(|_| {
            let mut weights = vec![0; seeds];
            for _ in 0..seeds {
                weights[random.below(seeds as u64) as usize] += 1;
            }
            weights
        });
        Self { seeds, weights: weights.collect() }
    }

    /// What a figure comes to in each resample.
    pub(crate) fn each(&self, figure: impl Fn(&[u32]) -> f64) -> Vec<f64> {
        self.weights.iter().map(|weights| figure(weights)).collect()
    }

    /// Where a figure lies that came to this, from what it came to in each resample; none of too few seeds.
    ///
    /// These are percentiles farther out than 2.5 % and 97.5 %, because seeds drawn from few differ less than new ones would
    /// (Hesterberg, "What Teachers Should Know About the Bootstrap", 2015, section 4.3.3: expanded percentiles).
    pub(crate) fn interval(&self, mut values: Vec<f64>, value: f64) -> Option<Interval> {
        // The difference of two that never end is none.
        values.retain(|value| !value.is_nan());
        if values.len() < self.weights.len().max(1) || value.is_nan() {
            return None;
        }
        values.sort_by(f64::total_cmp);
        let k = self.seeds as f64;
        let tail = below(-student(k - 1.0) * (k / (k - 1.0)).sqrt());
        let last = (values.len() - 1) as f64;
        let (low, high) = ((last * tail).floor() as usize, (last * (1.0 - tail)).ceil() as usize);
        Some(Interval { low: values[low].min(value), high: values[high].max(value) })
    }
}

/// How much of a normal distribution lies below it, for negative numbers: within 0.0000001 (Abramowitz and Stegun, 26.2.17).
fn below(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let terms = [0.319_381_530, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429];
    let sum = terms.iter().rev().fold(0.0, |sum, term| (sum + term) * t);
    (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt() * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_distribution_is_the_tables() {
        for (z, share) in [(-1.0, 0.158_655), (-1.959_964, 0.025), (-2.575_829, 0.005)] {
            assert!((below(z) - share).abs() < 1e-6, "{z}");
        }
    }

    #[test]
    fn too_few_seeds_and_what_never_ends_give_no_interval() {
        let few = Resampled::new(LEAST_RESAMPLED - 1, 1);
        assert_eq!(few.interval(few.each(|_| 5.0), 5.0), None);
        let enough = Resampled::new(LEAST_RESAMPLED, 1);
        assert_eq!(enough.interval(enough.each(|_| 5.0), 5.0), Some(Interval { low: 5.0, high: 5.0 }));
        assert_eq!(enough.interval(enough.each(|_| f64::NAN), 5.0), None);
    }
}
