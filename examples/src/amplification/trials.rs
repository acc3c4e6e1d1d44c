//! The chain by simulation.

use super::chain::Chain;
use crate::sim::{
    random::{Purpose, Random},
    seeds::over_seeds,
};

/// Trials that share a generator.
const BATCH: u64 = 1_000;

/// What the trials came to.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Measured {
    /// The share of trials in which every part went well.
    pub succeeded: f64,
    /// The standard error of that share.
    pub error: f64,
    /// Mean attempts of a trial.
    pub attempts: f64,
    /// The standard error of that mean.
    pub attempts_error: f64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    succeeded: u64,
    attempts: f64,
    squares: f64,
}

/// Runs the chain so often; `done` is called after every thousand trials. The result is a function of the seed.
pub fn simulate(chain: Chain, trials: u64, seed: u64, threads: usize, done: impl Fn() + Sync) -> Measured {
    let batch = |index| {
        let mut random = Random::new(seed.wrapping_add(index << 32), Purpose::Trials);
        let mut sums = Sums::default();
        for _ in 0..BATCH.min(trials - index * BATCH) {
            let (succeeded, attempts) = trial(chain, &mut random);
            sums.succeeded += u64::from(succeeded);
            sums.attempts += attempts;
            sums.squares += attempts * attempts;
        }
        sums
    };
    let sums = over_seeds(0, trials.div_ceil(BATCH), threads, batch, done);
    let total = sums.into_iter().fold(Sums::default(), |a, b| Sums {
        succeeded: a.succeeded + b.succeeded,
        attempts: a.attempts + b.attempts,
        squares: a.squares + b.squares,
    });
    let count = trials.max(1) as f64;
    let (succeeded, attempts) = (total.succeeded as f64 / count, total.attempts / count);
    Measured {
        succeeded,
        error: (succeeded * (1.0 - succeeded) / count).sqrt(),
        attempts,
        attempts_error: ((total.squares / count - attempts * attempts).max(0.0) / count).sqrt(),
    }
}

/// How many draws a trial takes on average: one for each part whose first attempt fails, and one for each retry.
pub(super) fn draws(chain: Chain) -> f64 {
    1.0 + (chain.attempts() - chain.parts_begun()) + chain.parts_begun() * chain.f
}

/// Whether every part went well, and how many attempts it took.
///
/// Only parts whose first attempt fails are looked at: how many go well before the next of them is a geometric number.
fn trial(chain: Chain, random: &mut Random) -> (bool, f64) {
    let parts = chain.parts();
    let (mut done, mut attempts) = (0_u64, 0.0);
    loop {
        let well = skip(chain.f, random).min(parts - done);
        done += well;
        attempts += well as f64;
        if done == parts {
            return (true, attempts);
        }
        done += 1;
        attempts += 1.0;
        let mut left = chain.retries;
        loop {
            if left == 0 {
                return (false, attempts);
            }
            left -= 1;
            attempts += 1.0;
            if !random.chance(chain.f) {
                break;
            }
        }
        if done == parts {
            return (true, attempts);
        }
    }
}

/// How many parts go well before one fails: geometric, by inversion.
fn skip(f: f64, random: &mut Random) -> u64 {
    // 1 - unit is in 0..=1 without 0, so that its logarithm is finite. The cast saturates.
    let draw = (1.0 - random.unit()).ln();
    if f > 0.0 { (draw / (-f).ln_1p()) as u64 } else { u64::MAX }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_simulation_agrees_with_the_closed_form() {
        for chain in [
            Chain::new(1e-6, 100, 10_000, 0),
            Chain::new(1e-6, 100, 1_000, 0),
            Chain::new(0.01, 10, 20, 0),
            Chain::new(0.1, 10, 20, 1),
            Chain::new(0.3, 5, 20, 3),
            Chain::new(0.5, 2, 1, 0),
            Chain::new(0.9, 3, 1, 10),
        ] {
            let measured = simulate(chain, 20_000, 1, 2, || ());
            let off = (measured.succeeded - chain.succeeds()) / measured.error;
            assert!(off.abs() < 4.0, "{chain:?}: {measured:?}, wanted {}", chain.succeeds());
            let off = (measured.attempts - chain.attempts()) / measured.attempts_error;
            assert!(off.abs() < 4.0, "{chain:?}: {measured:?}, wanted {}", chain.attempts());
        }
    }

    #[test]
    fn certainties_are_certain() {
        let never = simulate(Chain::new(0.0, 100, 1_000, 0), 100, 1, 1, || ());
        assert_eq!((never.succeeded, never.error, never.attempts), (1.0, 0.0, 1e5));
        let always = simulate(Chain::new(1.0, 100, 1_000, 3), 100, 1, 1, || ());
        assert_eq!((always.succeeded, always.attempts, always.attempts_error), (0.0, 4.0, 0.0));
    }

    #[test]
    fn the_result_is_a_function_of_the_seed() {
        let chain = Chain::new(0.01, 10, 20, 0);
        let measured = simulate(chain, 4_500, 7, 1, || ());
        assert_eq!(simulate(chain, 4_500, 7, 3, || ()), measured);
        assert_ne!(simulate(chain, 4_500, 8, 1, || ()), measured);
    }

    #[test]
    fn draws_do_not_grow_with_parts_that_go_well() {
        assert!(draws(Chain::new(1e-6, 100, 10_000, 0)) < 3.0);
        assert!(draws(Chain::new(0.5, 1_000, 1_000, 30)) > 1e5);
    }
}
