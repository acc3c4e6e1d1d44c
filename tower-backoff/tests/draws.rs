//! Seeded draws: repeatable, shared by clones, and random also from one draw to the next.

use std::collections::HashSet;
use tower_backoff::Draws;

const SAMPLES: usize = 100_000;

fn drawn(seed: u64, count: usize) -> Vec<u64> {
    let draws = Draws::seeded(seed);
    (0..count).map(|_| draws.draw()).collect()
}

/// The first draw of each of the seeds 0, 1, 2, as whoever seeds one source per call has them.
fn first_draws(count: usize) -> Vec<u64> {
    (0..count as u64).map(|seed| Draws::seeded(seed).draw()).collect()
}

/// The sequences that must look random, with their names.
fn sequences() -> Vec<(&'static str, Vec<u64>)> {
    vec![
        ("seed 0", drawn(0, SAMPLES)),
        ("seed 1", drawn(1, SAMPLES)),
        ("seed 2^64 - 1", drawn(u64::MAX, SAMPLES)),
        ("the first draws of the seeds 0, 1, 2", first_draws(SAMPLES)),
    ]
}

/// The chi-squared statistic of values below 1, in so many bins, as standard deviations above its mean.
fn unevenness(places: impl Iterator<Item = usize>, bins: usize) -> f64 {
    let mut counts = vec![0_u32; bins];
    let mut samples = 0.0;
    for place in places {
        counts[place] += 1;
        samples += 1.0;
    }
    let expected = samples / bins as f64;
    let chi: f64 = counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum();
    let freedom = (bins - 1) as f64;
    (chi - freedom) / (2.0 * freedom).sqrt()
}

fn place(number: u64, bins: u64) -> usize {
    ((u128::from(number) * u128::from(bins)) >> 64) as usize
}

#[test]
fn draws_are_even() {
    for (name, draws) in sequences() {
        let found = unevenness(draws.iter().map(|draw| place(*draw, 100)), 100);
        assert!(found < 4.5, "{name}: {found}");
    }
}

/// A generator that is seeded anew with n, n + 1, .. for each draw puts 43 % of them into a hundredth of the range.
#[test]
fn differences_of_consecutive_draws_are_even() {
    for (name, draws) in sequences() {
        for lag in 1..=3 {
            let differences = draws.windows(lag + 1).map(|draws| draws[lag].wrapping_sub(draws[0]));
            let found = unevenness(differences.map(|difference| place(difference, 100)), 100);
            assert!(found < 4.5, "{name}, {lag} apart: {found}");
        }
    }
}

#[test]
fn pairs_of_consecutive_draws_fill_the_square() {
    for (name, draws) in sequences() {
        let pairs = draws.chunks_exact(2).map(|pair| place(pair[0], 20) * 20 + place(pair[1], 20));
        let found = unevenness(pairs, 400);
        assert!(found < 4.5, "{name}: {found}");
    }
}

/// Whoever takes a draw modulo something sees the low bits.
#[test]
fn the_low_bits_of_consecutive_draws_are_even() {
    for (name, draws) in sequences() {
        let low = |bits: u32| {
            let mask = (1_usize << bits) - 1;
            let pairs = draws
                .chunks_exact(2)
                .map(move |pair| (pair[0] as usize & mask) << bits | pair[1] as usize & mask);
            unevenness(pairs, 1 << (2 * bits))
        };
        for bits in 1..=4 {
            let found = low(bits);
            assert!(found < 4.5, "{name}, {bits} bits: {found}");
        }
        for bit in 0..64 {
            let changes = draws.windows(2).filter(|pair| (pair[0] ^ pair[1]) >> bit & 1 == 1).count() as f64;
            let deviation = (changes - SAMPLES as f64 / 2.0).abs() / (SAMPLES as f64 / 4.0).sqrt();
            assert!(deviation < 4.5, "{name}, bit {bit} changes {changes} times");
        }
    }
}

#[test]
fn the_same_seed_draws_the_same_and_clones_go_on() {
    assert_eq!(drawn(7, 100), drawn(7, 100));
    let (one, whole) = (Draws::seeded(7), drawn(7, 200));
    let copy = one.clone();
    let shared: Vec<u64> = (0..100).flat_map(|_| [one.draw(), copy.draw()]).collect();
    assert_eq!(shared, whole);
}

#[test]
fn seeds_share_no_numbers_even_where_they_are_a_step_apart() {
    let step = 0x9e37_79b9_7f4a_7c15_u64;
    let seeds = [0, 1, 2, step, step.wrapping_mul(2), u64::MAX];
    let all: HashSet<u64> = seeds.into_iter().flat_map(|seed| drawn(seed, 1000)).collect();
    assert_eq!(all.len(), seeds.len() * 1000);
}

#[test]
fn threads_share_one_sequence() {
    let draws = Draws::seeded(3);
    let all: HashSet<u64> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..4).map(|_| scope.spawn(|| (0..1000).map(|_| draws.draw()).collect::<Vec<_>>())).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no thread panics")).collect()
    });
    assert_eq!(all, drawn(3, 4000).into_iter().collect());
}

#[test]
fn entropy_does_not_repeat() {
    let (one, other) = (Draws::from_entropy(), Draws::from_entropy());
    let all: HashSet<u64> = (0..1000).flat_map(|_| [one.draw(), other.draw(), one.clone().draw()]).collect();
    assert_eq!(all.len(), 3000);
}
