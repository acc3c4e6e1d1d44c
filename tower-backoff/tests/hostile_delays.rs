//! The waits of one client and of many, one after the other and side by side: nothing in common, however the seeds
//! were counted.

use std::time::Duration;
use tower::retry::backoff::{Backoff as _, MakeBackoff as _};
use tower_backoff::{Backoff, BackoffMaker, Jitter};

const LONGEST: u64 = 1_000_000;
const SAMPLES: u64 = 20_000;

fn backoff() -> Backoff {
    Backoff::constant(Duration::from_secs(LONGEST)).cap(Duration::from_secs(LONGEST)).jitter(Jitter::Full)
}

/// Where in its range a delay lies, from 0 to 1.
fn place(delay: Duration) -> f64 {
    delay.as_secs_f64() / LONGEST as f64
}

/// The n-th delays of seeds that are so far apart.
fn of_seeds(step: u64, nth: usize) -> Vec<f64> {
    let delay = |seed: u64| backoff().delays(seed.wrapping_mul(step)).nth(nth);
    (0..SAMPLES).map(|seed| place(delay(seed).expect("there is no end"))).collect()
}

/// The first waits of one maker's sessions.
fn of_sessions(seed: u64) -> Vec<f64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("it starts").block_on(async {
        let mut maker = BackoffMaker::seeded(backoff(), seed);
        let mut places = Vec::new();
        for _ in 0..2_000 {
            let begin = tokio::time::Instant::now();
            maker.clone().make_backoff().next_backoff().await;
            places.push(place(begin.elapsed()));
            maker = maker.clone();
        }
        places
    })
}

fn sequences() -> Vec<(String, Vec<f64>)> {
    let mut all = Vec::new();
    for step in [1, 2, 3, 1 << 32, 0x9E37_79B9_7F4A_7C15, 0xBF58_476D_1CE4_E5B9, u64::MAX] {
        all.extend(
            [0, 1, 2, 7].map(|nth| (format!("delay {nth} of seeds {step} apart"), of_seeds(step, nth))),
        );
    }
    for seed in [0, 1, 2, u64::MAX] {
        let delays = backoff().delays(seed).take(20_000).map(place).collect();
        all.push((format!("the delays of seed {seed}"), delays));
        all.push((format!("the sessions of seed {seed}"), of_sessions(seed)));
    }
    all
}

/// Chi-squared in standard deviations above its mean.
fn unevenness(places: impl Iterator<Item = f64>, bins: usize) -> f64 {
    let mut counts = vec![0.0; bins];
    places.for_each(|place| counts[((place * bins as f64) as usize).min(bins - 1)] += 1.0);
    let expected = counts.iter().sum::<f64>() / bins as f64;
    let chi: f64 = counts.iter().map(|count: &f64| (count - expected).powi(2) / expected).sum();
    let freedom = (bins - 1) as f64;
    (chi - freedom) / (2.0 * freedom).sqrt()
}

#[test]
fn delays_and_their_differences_are_even_along_every_axis() {
    for (name, places) in sequences() {
        let found = unevenness(places.iter().copied(), 50);
        assert!(found < 5.0, "{name}: {found}");
        for lag in [1, 2, 3, 4, 8, 16] {
            let differences = places.windows(lag + 1).map(|places| (places[lag] - places[0]).rem_euclid(1.0));
            let found = unevenness(differences, 50);
            assert!(found < 5.0, "{name}, {lag} apart: {found}");
            let pairs = places.windows(lag + 1).map(|places| (places[0] - 0.5) * (places[lag] - 0.5) * 12.0);
            let correlation = pairs.sum::<f64>() / (places.len() as f64).sqrt();
            assert!(correlation.abs() < 5.0, "{name}, {lag} apart: correlated by {correlation} sigmas");
        }
    }
}
