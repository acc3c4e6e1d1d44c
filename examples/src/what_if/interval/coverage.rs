//! How often the intervals hold the truth: simulated seeds whose truth is known.

use super::{
    Effective, Interval, Resampled,
    effective::{mean, share},
};
use crate::{
    sim::random::{Purpose, Random},
    what_if::latencies::Latencies,
};

/// Calls of a seed, and how many of them run side by side.
const CALLS: usize = 100;
const TOGETHER: usize = 10;

/// So often each interval is made: a share of 95 % is known within 1 %.
const TRIALS: u64 = 400;

/// How many may hold the truth. The one burst that few seeds are assumed to have missed makes their intervals too wide in worlds
/// without bursts; nothing in the seeds tells these worlds from the others.
fn most(seeds: usize) -> f64 {
    if seeds < 100 { 100.0 } else { 98.0 }
}

/// How the calls of one seed come out.
type World = fn(&mut Random) -> Vec<f64>;

fn normal(random: &mut Random) -> f64 {
    (-2.0 * (1.0 - random.unit()).ln()).sqrt() * (std::f64::consts::TAU * random.unit()).cos()
}

/// So many bursts in a seed, each of up to as many calls as run side by side.
fn bursts(random: &mut Random, per_seed: f64, mut hit: impl FnMut(usize)) {
    // Poisson: as many as exponential steps fit.
    let mut until = -(1.0 - random.unit()).ln();
    while until < per_seed {
        let (first, count) =
            (random.below(CALLS as u64) as usize, 1 + random.below(TOGETHER as u64) as usize);
        (first..CALLS.min(first + count)).for_each(&mut hit);
        until -= (1.0 - random.unit()).ln();
    }
}

/// Rare bursts of failures: 1 is a failed call.
fn failing(random: &mut Random, per_seed: f64) -> Vec<f64> {
    let mut calls = vec![0.0; CALLS];
    bursts(random, per_seed, |call| calls[call] = 1.0);
    calls
}

/// Seeds that differ: all of a seed's calls fail with the same probability, between 0 and twice the mean, mostly little.
fn differing(random: &mut Random, mean: f64) -> Vec<f64> {
    let probability = 3.0 * mean * random.unit().powi(2);
    (0..CALLS).map(|_| f64::from(u8::from(random.chance(probability)))).collect()
}

/// Seconds: spread by themselves and with their seed, and now and then a burst of slow ones.
fn seconds(random: &mut Random) -> Vec<f64> {
    let seed = 0.4 * normal(random);
    let mut calls: Vec<f64> = (0..CALLS).map(|_| (seed + 0.8 * normal(random)).exp()).collect();
    let mut draws = random.clone();
    bursts(random, 0.3, |call| calls[call] -= 20.0 * (1.0 - draws.unit()).ln());
    calls
}

/// Requests: one, and now and then a burst of more.
fn requests(random: &mut Random) -> Vec<f64> {
    let mut calls = vec![1.0; CALLS];
    let mut draws = random.clone();
    bursts(random, 0.3, |call| calls[call] += 1.0 + draws.below(3) as f64);
    calls
}

/// Many seeds' calls in their order: what the figures come to in the end.
fn all(world: World) -> Vec<f64> {
    let mut random = Random::new(99, Purpose::Calls);
    let mut calls: Vec<f64> = (0..20_000).flat_map(|_| world(&mut random)).collect();
    calls.sort_by(f64::total_cmp);
    calls
}

fn percentile(sorted: &[f64], above: f64) -> f64 {
    sorted[((sorted.len() as f64 * (1.0 - above) - 1e-6).ceil() as usize).max(1) - 1]
}

/// The share of the trials, in percent, whose interval holds the truth.
fn covered(
    world: World,
    seeds: usize,
    truth: f64,
    interval: impl Fn(&[Vec<f64>]) -> Option<Interval>,
) -> f64 {
    let mut random = Random::new(seeds as u64, Purpose::Calls);
    let holds = (0..TRIALS).filter(|_| {
        let runs: Vec<Vec<f64>> = (0..seeds).map(|_| world(&mut random)).collect();
        interval(&runs).unwrap().holds(truth)
    });
    100.0 * holds.count() as f64 / TRIALS as f64
}

#[test]
fn the_interval_of_the_success_holds_it() {
    let worlds: [(&str, World); 7] = [
        ("a burst in 50 seeds", |random| failing(random, 0.02)),
        ("a burst in 20 seeds", |random| failing(random, 0.05)),
        ("a burst in 5 seeds", |random| failing(random, 0.2)),
        ("a burst in each seed", |random| failing(random, 1.0)),
        ("2 %, seeds differ", |random| differing(random, 0.02)),
        ("10 %, seeds differ", |random| differing(random, 0.1)),
        ("25 %, seeds differ", |random| differing(random, 0.25)),
    ];
    for (name, world) in worlds {
        let all = all(world);
        let truth = all.iter().sum::<f64>() / all.len() as f64;
        for seeds in [5, 20, 100] {
            let covered = covered(world, seeds, truth, |runs| {
                let failed = |run: &Vec<f64>| run.iter().filter(|call| **call > 0.5).count();
                share(&runs.iter().map(|run| (failed(run), CALLS)).collect::<Vec<_>>(), TOGETHER)
            });
            assert!((93.0..=most(seeds)).contains(&covered), "{name}, {seeds} seeds: {covered} %");
        }
    }
}

#[test]
fn the_interval_of_a_percentile_holds_it() {
    let all = all(seconds);
    for above in [0.5, 0.1, 0.01] {
        let truth = percentile(&all, above);
        for seeds in [5, 20, 100] {
            let covered = covered(seconds, seeds, truth, |runs| {
                let mut sorted = runs.concat();
                sorted.sort_by(f64::total_cmp);
                let at = percentile(&sorted, above);
                let longer = |run: &Vec<f64>| run.iter().filter(|call| **call > at).count();
                let clusters: Vec<_> = runs.iter().map(|run| (longer(run), CALLS)).collect();
                let sorted: Vec<(f64, ())> = sorted.into_iter().map(|value| (value, ())).collect();
                Effective::of(&clusters, TOGETHER).unwrap().percentile(above, &sorted)
            });
            assert!((93.0..=most(seeds)).contains(&covered), "above {above}, {seeds} seeds: {covered} %");
        }
    }
}

#[test]
fn the_interval_of_the_requests_holds_them() {
    let all = all(requests);
    let truth = all.iter().sum::<f64>() / all.len() as f64;
    for seeds in [5, 20, 100] {
        let covered = covered(requests, seeds, truth, |runs| {
            let clusters: Vec<_> = runs.iter().map(|run| (run.iter().sum(), CALLS)).collect();
            mean(&clusters, TOGETHER).1
        });
        assert!((93.0..=most(seeds)).contains(&covered), "{seeds} seeds: {covered} %");
    }
}

/// Of two policies on the same seeds, the second of which is in trouble for a shorter time.
#[test]
fn the_interval_of_a_difference_holds_it() {
    let pair = |random: &mut Random| -> [Vec<f64>; 2] {
        let seed = 0.4 * normal(random);
        let mut both = [(); 2]
            .map(|()| -> Vec<f64> { (0..CALLS).map(|_| (seed + 0.8 * normal(random)).exp()).collect() });
        let mut draws = random.clone();
        bursts(random, 0.3, |call| {
            let trouble = -20.0 * (1.0 - draws.unit()).ln();
            both[0][call] += trouble;
            both[1][call] += 0.6 * trouble;
        });
        both
    };
    let latencies = |runs: &[[Vec<f64>; 2]]| {
        [0, 1].map(|which| Latencies::of_seconds(runs.iter().map(|run| &run[which][..])))
    };
    let mut random = Random::new(99, Purpose::Calls);
    let all: Vec<_> = (0..20_000).map(|_| pair(&mut random)).collect();
    let [first, second] = latencies(&all);
    for (per_mille, seeds) in [(900, 20), (990, 20), (990, 100)] {
        let truth = first.percentile(per_mille) - second.percentile(per_mille);
        let mut random = Random::new(7, Purpose::Calls);
        let holds = (0..TRIALS).filter(|trial| {
            let runs: Vec<_> = (0..seeds).map(|_| pair(&mut random)).collect();
            let [first, second] = latencies(&runs);
            let resampled = Resampled::new(seeds, *trial);
            let difference =
                |weights: &[u32]| first.weighted(per_mille, weights) - second.weighted(per_mille, weights);
            let value = difference(&vec![1; seeds]);
            resampled.interval(resampled.each(difference), value).unwrap().holds(truth)
        });
        let covered = 100.0 * holds.count() as f64 / TRIALS as f64;
        assert!((93.0..=99.0).contains(&covered), "{per_mille}, {seeds} seeds: {covered} %");
    }
}
