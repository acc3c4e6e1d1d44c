use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Where the draws for jitter come from: the process's generator, or a seed.
///
/// A seeded source is shared, not copied, by the clones of a policy: copies would draw the same numbers, and
/// all requests of one client would wait in step (tower's `ExponentialBackoffMaker` does that).
#[derive(Clone, Debug)]
pub(crate) struct Randomness {
    seeded: Option<Arc<AtomicU64>>,
}

impl Randomness {
    pub(crate) const fn entropy() -> Self {
        Self { seeded: None }
    }

    pub(crate) fn seeded(seed: u64) -> Self {
        Self { seeded: Some(Arc::new(AtomicU64::new(seed))) }
    }

    pub(crate) fn draw(&self) -> u64 {
        match &self.seeded {
            None => fastrand::u64(..),
            // one generator per draw: the n-th draw depends on the seed and on n alone
            Some(next) => fastrand::Rng::with_seed(next.fetch_add(1, Ordering::Relaxed)).u64(..),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_and_clones_do_not() {
        let (one, two) = (Randomness::seeded(7), Randomness::seeded(7));
        let draws: Vec<u64> = (0..100).map(|_| one.draw()).collect();
        assert_eq!(draws, (0..100).map(|_| two.draw()).collect::<Vec<_>>());
        let copy = one.clone();
        assert!((0..100).all(|_| one.draw() != copy.draw()));
    }

    #[test]
    fn seeded_draws_spread_over_the_range() {
        let source = Randomness::seeded(1);
        let high = (0..10_000).filter(|_| source.draw() > u64::MAX / 2).count();
        assert!((4_700..5_300).contains(&high), "{high}");
    }
}
