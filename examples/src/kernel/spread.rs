//! A mean, and how far the runs are apart.

use crate::what_if::{Interval, interval::student};

/// The mean of a figure over runs.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Spread {
    /// How many runs.
    pub runs: usize,
    /// The mean; 0 of no runs.
    pub mean: f64,
    /// The standard deviation of the runs; 0 of one.
    pub deviation: f64,
}

impl Spread {
    /// Of these values, one for each run.
    #[must_use]
    pub fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count.max(1.0);
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let deviation = (squares / (count - 1.0).max(1.0)).sqrt();
        Self { runs: values.len(), mean, deviation }
    }

    /// 95 % interval of the mean, by Student's distribution; none of a single run.
    #[must_use]
    pub fn interval(&self) -> Option<Interval> {
        let half = (self.runs > 1).then(|| student(self.runs as f64 - 1.0) * self.error_squared().sqrt())?;
        Some(Interval { low: self.mean - half, high: self.mean + half })
    }

    /// 95 % interval of the difference between this mean and the other, by Welch's test; none of a single run.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Option<Interval> {
        if self.runs < 2 || other.runs < 2 {
            return None;
        }
        let (own, others) = (self.error_squared(), other.error_squared());
        let both = own + others;
        let difference = self.mean - other.mean;
        if both <= 0.0 {
            return Some(Interval { low: difference, high: difference });
        }
        let freedom = both.powi(2)
            / (own.powi(2) / (self.runs as f64 - 1.0) + others.powi(2) / (other.runs as f64 - 1.0));
        let half = student(freedom) * both.sqrt();
        Some(Interval { low: difference - half, high: difference + half })
    }

    fn error_squared(&self) -> f64 {
        self.deviation.powi(2) / self.runs as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_lies_within_students_interval() {
        let spread = Spread::of(&[1.0, 2.0, 3.0, 4.0]);
        assert!((spread.mean - 2.5).abs() < 1e-12 && (spread.deviation - 1.290_99).abs() < 1e-4);
        // 3.182 * 1.29099 / 2
        let interval = spread.interval().unwrap();
        assert!((interval.high - 2.5 - 2.054).abs() < 0.02, "{interval:?}");
        assert_eq!(Spread::of(&[1.0]).interval(), None);
        assert_eq!(Spread::of(&[]), Spread { runs: 0, mean: 0.0, deviation: 0.0 });
    }

    #[test]
    fn means_differ_if_their_runs_lie_apart() {
        let (low, high) = (Spread::of(&[1.0, 2.0, 3.0]), Spread::of(&[11.0, 12.0, 13.0]));
        let apart = high.minus(&low).unwrap();
        assert!(apart.low > 7.0 && apart.high < 13.0, "{apart:?}");
        let same = low.minus(&Spread::of(&[1.5, 2.0, 3.0])).unwrap();
        assert!(same.low < 0.0 && same.high > 0.0, "{same:?}");
        let certain = Spread::of(&[100.0; 3]);
        assert_eq!(certain.minus(&certain), Some(Interval { low: 0.0, high: 0.0 }));
        assert_eq!(low.minus(&Spread::of(&[1.0])), None);
    }
}
