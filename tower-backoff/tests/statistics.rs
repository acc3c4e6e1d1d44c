//! Range, mean, spread and independence of the draws, with fixed seeds.

use std::{collections::HashSet, time::Duration};
use tower_backoff::{Backoff, Jitter};

const SECOND: Duration = Duration::from_secs(1);
const SAMPLES: usize = 20_000;

/// The first delays of that many sessions, whose seeds are counted up as people do.
fn first_delays(backoff: &Backoff) -> Vec<f64> {
    (0..SAMPLES as u64)
        .flat_map(|seed| backoff.delays(seed).take(1))
        .map(|delay| delay.as_secs_f64())
        .collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64
}

fn correlation(one: &[f64], other: &[f64]) -> f64 {
    let (mean_one, mean_other) = (mean(one), mean(other));
    let products = one.iter().zip(other).map(|(a, b)| (a - mean_one) * (b - mean_other)).sum::<f64>();
    products / one.len() as f64 / (variance(one) * variance(other)).sqrt()
}

/// Four standard errors of a correlation of independent draws.
fn chance(samples: usize) -> f64 {
    4.0 / (samples as f64).sqrt()
}

#[test]
fn draws_fill_their_range_evenly_also_at_whole_seconds() {
    for base in [1, 2, 3, 5, 60] {
        let base = f64::from(base);
        let rows = [
            (Jitter::Full, 0.0, 1.0),
            (Jitter::Equal, 0.5, 1.0),
            (Jitter::Decorrelated, 1.0, 3.0),
            (Jitter::Proportional { percent: 20 }, 0.8, 1.2),
            (Jitter::Proportional { percent: 99 }, 0.01, 1.99),
            (Jitter::Additive(Duration::from_secs_f64(base / 4.0)), 1.0, 1.25),
        ];
        for (jitter, low, high) in rows {
            let (low, width) = (low * base, (high - low) * base);
            let backoff =
                Backoff::constant(Duration::from_secs_f64(base)).jitter(jitter).cap(Duration::from_secs(600));
            let delays = first_delays(&backoff);
            let mut bins = [0_u32; 20];
            for delay in &delays {
                let place = (delay - low) / width;
                assert!((-1e-9..=1.0 + 1e-9).contains(&place), "{jitter:?} of {base} s gave {delay} s");
                bins[((place * 20.0) as usize).min(19)] += 1;
            }
            // Chi-squared with 19 degrees of freedom: 43.8 is passed once in a thousand tables.
            let expected = SAMPLES as f64 / 20.0;
            let chi: f64 = bins.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum();
            assert!(chi < 43.8, "{jitter:?} of {base} s is uneven: {chi} {bins:?}");
            let middle = low + width / 2.0;
            assert!(
                (mean(&delays) - middle).abs() < 0.01 * width,
                "{jitter:?} of {base} s: {}",
                mean(&delays)
            );
            let spread = variance(&delays) / (width * width / 12.0);
            assert!((0.95..1.05).contains(&spread), "{jitter:?} of {base} s: {spread}");
        }
    }
}

#[test]
fn draws_have_the_resolution_of_a_nanosecond() {
    let backoff = Backoff::constant(SECOND).jitter(Jitter::Full);
    let delays: HashSet<Duration> = (0..1000).map(|seed| backoff.delays(seed).next().unwrap()).collect();
    assert!(delays.len() > 990, "{} of 1000 differ", delays.len());
    let digits: HashSet<u32> = delays.iter().map(|delay| delay.subsec_nanos() % 10).collect();
    assert_eq!(digits.len(), 10);
}

#[test]
fn sessions_of_neighbouring_seeds_are_independent() {
    let backoff = Backoff::constant(SECOND).jitter(Jitter::Full);
    let session = |seed: u64| -> Vec<f64> {
        backoff.delays(seed).take(SAMPLES).map(|delay| delay.as_secs_f64()).collect()
    };
    // 0x2d35... is the step of the generator: sessions that far apart would be one stream, shifted by one.
    for (one, other) in [(0, 1), (1, 2), (7, 8), (1, 1 << 32), (5, 5 + 0x2d35_8dcc_aa6c_78a5)] {
        let (one, other) = (session(one), session(other));
        for lag in 0..3 {
            let found = correlation(&one[lag..], &other[..SAMPLES - lag]);
            assert!(found.abs() < chance(SAMPLES), "correlation {found} at lag {lag}");
        }
    }
    // Across sessions too: the k-th delays of the sessions 0, 1, 2, ... are independent of the next session's.
    let firsts = first_delays(&backoff);
    let found = correlation(&firsts[1..], &firsts[..SAMPLES - 1]);
    assert!(found.abs() < chance(SAMPLES), "correlation {found}");
}

#[test]
fn draws_within_a_session_are_independent() {
    let backoff = Backoff::constant(SECOND).jitter(Jitter::Full);
    let delays: Vec<f64> = backoff.delays(3).take(SAMPLES).map(|delay| delay.as_secs_f64()).collect();
    for lag in 1..5 {
        let found = correlation(&delays[lag..], &delays[..SAMPLES - lag]);
        assert!(found.abs() < chance(SAMPLES), "correlation {found} at lag {lag}");
    }
}

#[test]
fn random_sessions_differ() {
    let backoff = Backoff::constant(SECOND).jitter(Jitter::Full);
    let firsts: HashSet<Vec<Duration>> =
        (0..100).map(|_| backoff.random_delays().take(2).collect()).collect();
    assert_eq!(firsts.len(), 100);
}

#[test]
fn decorrelated_sessions_grow_and_stay_within_the_cap() {
    // The stationary mean lies well above the first delay, and the cap is reached but not always hit.
    let backoff = Backoff::constant(SECOND).jitter(Jitter::Decorrelated).cap(20 * SECOND);
    let late: Vec<f64> = (0..2000).map(|seed| backoff.delays(seed).nth(9).unwrap().as_secs_f64()).collect();
    assert!(late.iter().all(|delay| (1.0..=20.0).contains(delay)));
    assert!((5.0..15.0).contains(&mean(&late)), "{}", mean(&late));
    let at_the_cap = late.iter().filter(|delay| **delay >= 19.999_999).count();
    assert!(at_the_cap < 5, "{at_the_cap} of 2000 wait for exactly the cap");
}
