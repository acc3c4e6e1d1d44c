//! Random numbers for many waits at once, from a seed or from entropy.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// 2^64 divided by the golden ratio: a Weyl sequence with this step visits every number once before any twice.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Random numbers for [`Backoff::delay`](crate::Backoff::delay), for everything that waits or chooses at the same time.
///
/// Clones draw from *one* sequence: if each had a copy, all calls of a client would draw the same numbers and wait
/// in step, as those of tower's `ExponentialBackoffMaker` (0.5.3) do. The n-th draw of a seed is the same on every
/// machine; which of several threads gets it is not determined.
///
/// ```
/// use tower_backoff::Draws;
///
/// let draws = Draws::seeded(7);
/// let copy = draws.clone();
/// let (first, second) = (draws.draw(), copy.draw());
/// assert_ne!(first, second);
///
/// let again = Draws::seeded(7);
/// assert_eq!((again.draw(), again.draw()), (first, second));
/// ```
///
/// Not for secrets: two draws of a seed tell all the others.
#[derive(Clone, Debug, Default)]
pub struct Draws {
    /// Nothing for entropy; otherwise where the sequence is.
    seeded: Option<Arc<AtomicU64>>,
}

impl Draws {
    /// Draws that nobody can repeat, from a generator of each thread's own.
    #[must_use]
    pub const fn from_entropy() -> Self {
        Self { seeded: None }
    }

    /// Draws that are the same for the same seed, in tests and simulations. Seeds that are counted up (1, 2, 3)
    /// give sequences that have nothing in common.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        // Mixed first, so that the sequence of one seed is not that of another, shifted.
        Self { seeded: Some(Arc::new(AtomicU64::new(mixed(seed)))) }
    }

    /// The next number, evenly from all of `u64`. One atomic addition if seeded; never waits.
    #[must_use]
    pub fn draw(&self) -> u64 {
        match &self.seeded {
            None => fastrand::u64(..),
            Some(state) => mixed(state.fetch_add(STEP, Ordering::Relaxed)),
        }
    }
}

/// One output of SplitMix64 (Steele, Lea and Flood, 2014), a bijection: no two states give the same.
///
/// A generator whose state is its seed does not part neighbouring seeds by its first step: numbers drawn from the
/// seeds 1 and 2 would differ by nearly the same amount as those drawn from 2 and 3.
pub(crate) fn mixed(state: u64) -> u64 {
    let mut z = state.wrapping_add(STEP);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::{STEP, mixed};

    #[test]
    fn it_is_splitmix64() {
        // The first outputs for seed 0, as in the reference implementation by Vigna (splitmix64.c).
        assert_eq!(mixed(0), 0xe220_a839_7b1d_cdaf);
        assert_eq!(mixed(STEP), 0x6e78_9e6a_a1b9_65f4);
    }
}
