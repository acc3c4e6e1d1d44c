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

/// What some trials came to, in a form that does not cancel: what a chain's attempts differ from its parts by is small where
/// failures are rare, and their squares would drown it.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    trials: f64,
    succeeded: u64,
    /// Of the attempts beyond one for each part.
    mean: f64,
    /// The sum of the squares of what they differ from that mean by.
    squares: f64,
}

impl Moments {
    /// One more trial, by Welford's update.
    fn add(&mut self, Trial { succeeded, beyond }: Trial) {
        self.trials += 1.0;
        self.succeeded += u64::from(succeeded);
        let off = beyond as f64 - self.mean;
        self.mean += off / self.trials;
        self.squares += off * (beyond as f64 - self.mean);
    }

    /// Both together (Chan, Golub, LeVeque: "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances").
    fn merged(self, other: Self) -> Self {
        let trials = self.trials + other.trials;
        if trials == 0.0 {
            return self;
        }
        let (off, share) = (other.mean - self.mean, other.trials / trials);
        Self {
            trials,
            succeeded: self.succeeded + other.succeeded,
            mean: self.mean + off * share,
            squares: self.squares + other.squares + off * off * self.trials * share,
        }
    }
}

/// Runs the chain so often; `done` is called after every thousand trials. The result is a function of the seed.
pub fn simulate(chain: Chain, trials: u64, seed: u64, threads: usize, done: impl Fn() + Sync) -> Measured {
    let batch = |index| {
        let mut random = Random::new(seed.wrapping_add(index << 32), Purpose::Trials);
        let mut moments = Moments::default();
        for _ in 0..BATCH.min(trials - index * BATCH) {
            moments.add(trial(chain, &mut random));
        }
        moments
    };
    let batches = over_seeds(0, trials.div_ceil(BATCH), threads, batch, done);
    let total = batches.into_iter().fold(Moments::default(), Moments::merged);
    let count = trials.max(1) as f64;
    let succeeded = total.succeeded as f64 / count;
    Measured {
        succeeded,
        error: (succeeded * (1.0 - succeeded) / count).sqrt(),
        attempts: chain.parts() as f64 + total.mean,
        attempts_error: total.squares.sqrt() / count,
    }
}

/// How many draws a trial takes on average: one for each part whose first attempt fails, and one for each retry.
pub(super) fn draws(chain: Chain) -> f64 {
    1.0 + (chain.attempts() - chain.parts_begun()) + chain.parts_begun() * chain.f
}

/// How a chain went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Trial {
    /// Whether every part went well.
    succeeded: bool,
    /// Attempts beyond one for each part; less than none where the chain ended early.
    beyond: i128,
}

/// Only parts whose first attempt fails are looked at: how many go well before the next of them is a geometric number.
fn trial(chain: Chain, random: &mut Random) -> Trial {
    let parts = chain.parts();
    let (mut done, mut retries) = (0_u64, 0_u64);
    let mut succeeded = true;
    while succeeded {
        done += skip(chain.f, random).min(parts - done);
        if done == parts {
            break;
        }
        done += 1;
        let mut left = chain.retries;
        loop {
            if left == 0 {
                succeeded = false;
                break;
            }
            left -= 1;
            retries += 1;
            if !random.chance(chain.f) {
                break;
            }
        }
        if done == parts {
            break;
        }
    }
    Trial { succeeded, beyond: i128::from(done) + i128::from(retries) - i128::from(parts) }
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

    /// The closed form's deviation: retries of parts that rarely fail are nearly Poisson, and their variance is their mean.
    #[test]
    fn errors_of_rare_failures_do_not_cancel() {
        for (f, n, k, trials, error) in [
            // A thousand retries in 10^12 attempts: 31.6 from trial to trial, 5.8 in the mean of 30.
            (1e-9, 1_000_000, 1_000_000, 30, 5.77),
            (1e-6, 100, 10_000, 10_000, 0.01),
            // One retry beyond what a double tells from its neighbour.
            (1e-17, 1_000_000_000, 100_000_000, 10_000, 0.01),
        ] {
            let measured = simulate(Chain::new(f, n, k, 1), trials, 1, 2, || ());
            // Of 30 trials the estimate itself is known within some 13 %.
            assert!(
                (measured.attempts_error / error - 1.0).abs() < 0.4,
                "{f}: {measured:?}, expected {error}"
            );
        }
    }

    #[test]
    fn moments_are_those_of_all_trials_however_they_are_merged() {
        let values = [3_i128, -7, 1 << 60, 12, (1 << 60) + 5, 0, 4];
        let of = |values: &[i128]| {
            let mut moments = Moments::default();
            values.iter().for_each(|beyond| moments.add(Trial { succeeded: true, beyond: *beyond }));
            moments
        };
        let whole = of(&values);
        for split in 0..=values.len() {
            let merged = of(&values[..split]).merged(of(&values[split..]));
            assert!((merged.mean / whole.mean - 1.0).abs() < 1e-12, "{split}");
            assert!((merged.squares / whole.squares - 1.0).abs() < 1e-12, "{split}");
        }
        let near = of(&[1_000_000_000_001, 1_000_000_000_003, 1_000_000_000_005]);
        assert_eq!((near.mean, near.squares), (1_000_000_000_003.0, 8.0));
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
