//! Which runs a `--seed` stands for.
//!
//! Seeds that are counted up from `--seed` would make `--seed 1` and `--seed 2` share 99 of 100 runs, so a question that is
//! asked anew with another seed would get nearly the same answer. So the runs of a seed are a stream of their own. The first
//! one has the seed itself, as the talk's stages do, and any run of `try.csv` is made again by `--seed ITS_SEED --seeds 1`.
//! The stages themselves count their seeds up, as they always did.

use crate::sim::random::{Purpose, Random};

/// Where the runs of a search are in a seed's stream: behind any that a question may have.
const SEARCH: u64 = 1 << 32;

/// The seed of a run of `--seed`, from 0. Two of them agree with a probability of 2^-64.
#[must_use]
pub fn run_seed(seed: u64, index: u64) -> u64 {
    if index == 0 {
        return seed;
    }
    let stream = Random::new(seed, Purpose::Runs).next_u64();
    Random::new(stream.wrapping_add(index), Purpose::Runs).next_u64()
}

/// The seed of a run that `tune` searches with: none of those that it verifies with.
#[must_use]
pub(crate) fn search_seed(seed: u64, index: u64) -> u64 {
    run_seed(seed, SEARCH + index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_runs_of_different_seeds_differ_and_so_do_those_of_a_search() {
        let mut seen = HashSet::new();
        for seed in (0..50).chain([u64::MAX, u64::MAX - 1, 1 << 32, 1 << 63]) {
            for index in 0..200 {
                assert!(seen.insert(run_seed(seed, index)), "{seed} {index}");
                assert!(seen.insert(search_seed(seed, index)), "{seed} {index}, searched");
            }
        }
    }

    #[test]
    fn a_run_is_made_again_by_its_own_seed() {
        for seed in [0, 1, u64::MAX] {
            assert_eq!(run_seed(seed, 0), seed);
            let fifth = run_seed(seed, 4);
            assert_eq!(run_seed(fifth, 0), fifth);
        }
    }
}
