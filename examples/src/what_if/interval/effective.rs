//! How many independent calls the calls of some seeds are worth, and the intervals that follow.

use super::{Interval, LEAST_SEEDS, Z, student};

/// A share of the calls, and how many independent calls would tell as much of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effective {
    share: f64,
    size: f64,
}

impl Effective {
    /// Of the calls that count and all calls of each seed, of which so many run side by side.
    pub(crate) fn of(clusters: &[(usize, usize)], together: usize) -> Option<Self> {
        let all: usize = clusters.iter().map(|(_, all)| all).sum();
        if clusters.len() < 2 || all == 0 {
            return None;
        }
        let (k, n) = (clusters.len() as f64, all as f64);
        let share = clusters.iter().map(|(some, _)| *some as f64).sum::<f64>() / n;
        // By how much the number varies from seed to seed, against what independent calls would show; and one burst more.
        let residuals = clusters.iter().map(|(some, all)| (*some as f64 - share * *all as f64).powi(2));
        let longest = clusters.iter().map(|(_, all)| *all).max().unwrap_or(1);
        let burst = together.clamp(1, longest) as f64;
        let clustered = residuals.sum::<f64>() * k / (k - 1.0) + burst * burst;
        let independent = n * share * (1.0 - share) + burst;
        let few = (student(k - 1.0) / Z).powi(2);
        Some(Self { share, size: n / (clustered / independent).max(1.0) / few })
    }

    /// Wilson's interval of the share.
    fn wilson(&self) -> Interval {
        of_independent(self.share, self.size)
    }

    /// The interval of the percentile above which this share lies, from all values in their order.
    pub(crate) fn percentile<T>(&self, above: f64, sorted: &[(f64, T)]) -> Option<Interval> {
        let n = sorted.len();
        if n == 0 {
            return None;
        }
        let half = Z * (above * (1.0 - above) / self.size).sqrt();
        // So many values at the least and at the most lie above the percentile. A billionth: halves are not thirds.
        let least = ((above - half) * n as f64 - 1e-9).ceil();
        let most = ((above + half) * n as f64 + 1e-9).floor();
        let low = if most >= n as f64 { 0.0 } else { sorted.get(n.checked_sub(1 + most as usize)?)?.0 };
        let high = if least < 1.0 { f64::INFINITY } else { sorted.get(n.checked_sub(least as usize)?)?.0 };
        Some(Interval { low, high })
    }
}

/// Wilson's interval of a share of so many that are independent.
pub(crate) fn of_independent(share: f64, n: f64) -> Interval {
    let centre = (share + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    Interval { low: (centre - half).clamp(0.0, share), high: (centre + half).clamp(share, 1.0) }
}

/// The interval of a share, from the calls that count and all calls of each seed; of two seeds at least.
pub(crate) fn wilson(clusters: &[(usize, usize)]) -> Option<Interval> {
    Effective::of(clusters, 1).map(|effective| effective.wilson())
}

/// The same where calls may fail together, so many at a time; of enough seeds.
pub(crate) fn share(clusters: &[(usize, usize)], together: usize) -> Option<Interval> {
    (clusters.len() >= LEAST_SEEDS).then(|| Effective::of(clusters, together)).flatten().map(|it| it.wilson())
}

/// The mean of something per call and its interval, from the sum of it and all calls of each seed, of which so many run side
/// by side.
pub(crate) fn mean(clusters: &[(f64, usize)], together: usize) -> (f64, Option<Interval>) {
    let all: f64 = clusters.iter().map(|(_, all)| *all as f64).sum();
    let mean = clusters.iter().map(|(sum, _)| sum).sum::<f64>() / all.max(1.0);
    // One burst more, of calls that cost as much again.
    let longest = clusters.iter().map(|(_, all)| *all).max().unwrap_or(0);
    let (mean, interval) = mean_within(clusters, together.min(longest) as f64 * mean);
    (mean, interval.map(|it| Interval { low: it.low.max(0.0), ..it }))
}

/// The same with this much more or less.
fn mean_within(clusters: &[(f64, usize)], burst: f64) -> (f64, Option<Interval>) {
    let (k, n) = (clusters.len() as f64, clusters.iter().map(|(_, all)| *all as f64).sum::<f64>());
    let mean = clusters.iter().map(|(sum, _)| sum).sum::<f64>() / n.max(1.0);
    if clusters.len() < LEAST_SEEDS || n < 1.0 {
        return (mean, None);
    }
    let residuals = clusters.iter().map(|(sum, all)| (sum - mean * *all as f64).powi(2));
    let variance = (residuals.sum::<f64>() * k / (k - 1.0) + burst * burst) / (n * n);
    let half = student(k - 1.0) * variance.sqrt();
    (mean, Some(Interval { low: mean - half, high: mean + half }))
}

/// The interval of a difference of two means per call, from both sums and all calls of each seed.
pub(crate) fn difference_of_means(clusters: &[(f64, f64, usize)], together: usize) -> Option<Interval> {
    let differences: Vec<(f64, usize)> = clusters.iter().map(|(a, b, all)| (a - b, *all)).collect();
    let all: f64 = clusters.iter().map(|(_, _, all)| *all as f64).sum();
    let dearer = f64::max(
        clusters.iter().map(|(a, _, _)| a).sum::<f64>(),
        clusters.iter().map(|(_, b, _)| b).sum::<f64>(),
    );
    mean_within(&differences, together as f64 * dearer / all.max(1.0)).1
}

/// The interval of a difference of two shares, from both numbers and all calls of each seed: how far both are from their own
/// ends, squared and added up, less what they share (Newcombe, "Improved confidence intervals for the difference between
/// binomial proportions based on paired data", 1998, method 10, with the correlation of the seeds).
pub(crate) fn difference_of_shares(clusters: &[(usize, usize, usize)], together: usize) -> Option<Interval> {
    let first: Vec<(usize, usize)> = clusters.iter().map(|(a, _, all)| (*a, *all)).collect();
    let second: Vec<(usize, usize)> = clusters.iter().map(|(_, b, all)| (*b, *all)).collect();
    let (one, other) = (share(&first, together)?, share(&second, together)?);
    let of = |clusters: &[(usize, usize)]| {
        let all: usize = clusters.iter().map(|(_, all)| all).sum();
        clusters.iter().map(|(some, _)| *some as f64).sum::<f64>() / all.max(1) as f64
    };
    let (p, q) = (of(&first), of(&second));
    let residual = |(some, all): &(usize, usize), share: f64| *some as f64 - share * *all as f64;
    let pairs = || first.iter().zip(&second).map(|(a, b)| (residual(a, p), residual(b, q)));
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    pairs().for_each(|(x, y)| (xx, xy, yy) = (xx + x * x, xy + x * y, yy + y * y));
    // Seeds that show nothing of how both go together are taken for such where they do not.
    let together = if xx > 0.0 && yy > 0.0 { (xy / (xx * yy).sqrt()).clamp(-1.0, 1.0) } else { 0.0 };
    let end = |a: f64, b: f64| (a * a - 2.0 * together * a * b + b * b).max(0.0).sqrt();
    Some(Interval {
        low: p - q - end(p - one.low, other.high - q),
        high: p - q + end(one.high - p, q - other.low),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilsons_interval_is_the_textbooks_where_calls_are_independent() {
        // Many clusters with exactly the spread of a binomial or less: 900 of 1000 gives 0.8799..0.9171.
        let interval = wilson(&[(9, 10); 100]).unwrap();
        assert!(
            (interval.low - 0.8799).abs() < 1e-3 && (interval.high - 0.9171).abs() < 1e-3,
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
    fn calls_that_may_fail_together_tell_less() {
        let alone = share(&[(100, 100); 10], 1).unwrap();
        let together = share(&[(100, 100); 10], 10).unwrap();
        assert!(together.low < 1.0 - 8.0 * (1.0 - alone.low), "{alone:?} {together:?}");
        // No burst is longer than a run.
        assert_eq!(share(&[(1, 1); 100], 10), share(&[(1, 1); 100], 1));
    }

    #[test]
    fn few_seeds_carry_no_interval() {
        assert!(
            share(&[(9, 10); LEAST_SEEDS], 1).is_some() && share(&[(9, 10); LEAST_SEEDS - 1], 1).is_none()
        );
        assert!(mean(&[(9.0, 10); LEAST_SEEDS], 1).1.is_some());
        assert_eq!(mean(&[(9.0, 10); LEAST_SEEDS - 1], 1), (0.9, None));
        assert_eq!(mean(&[], 1), (0.0, None));
    }

    #[test]
    fn a_percentile_ends_at_values_that_were_seen_or_not_at_all() {
        let sorted: Vec<(f64, ())> = (1..=1000).map(|value| (f64::from(value), ())).collect();
        let independent = |size| Effective { share: 0.0, size };
        // 10 of 1000 lie above the 99th percentile, 5 to 16 agree with it (10 +- 6.2).
        let interval = independent(1000.0).percentile(0.01, &sorted).unwrap();
        assert_eq!((interval.low, interval.high), (984.0, 997.0));
        let few = independent(100.0).percentile(0.01, &sorted).unwrap();
        assert!(few.low > 950.0 && few.high.is_infinite(), "{few:?}");
        let none = independent(2.0).percentile(0.5, &sorted).unwrap();
        assert!(none.low <= 0.0 && none.high.is_infinite(), "{none:?}");
        assert_eq!(independent(1.0).percentile::<()>(0.01, &[]), None);
    }
}
