//! How many bytes each connection carries before it dies.

use crate::sim::random::Random;
use std::sync::{Mutex, PoisonError};

/// The lives of a server's connections, one after the other.
#[derive(Debug)]
pub(super) struct Lives(Option<(f64, Mutex<Random>)>);

// ===== impl Lives =====

impl Lives {
    pub(super) fn endless() -> Self {
        Self(None)
    }

    /// Exponentially distributed: each byte is as dangerous as any other, whatever came before it.
    pub(super) fn new(mean: u32, random: Random) -> Self {
        Self(Some((f64::from(mean), Mutex::new(random))))
    }

    /// Of the next connection.
    pub(super) fn next(&self) -> u64 {
        let Some((mean, random)) = &self.0 else { return u64::MAX };
        let unit = random.lock().unwrap_or_else(PoisonError::into_inner).unit();
        (-mean * (1.0 - unit).ln()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::random::Purpose;

    #[test]
    fn their_mean_is_the_one_that_was_asked_for() {
        let lives = Lives::new(50_000, Random::new(1, Purpose::Connections));
        // its own deviation is 158
        let mean = (0..100_000).map(|_| lives.next()).sum::<u64>() / 100_000;
        assert!((49_300..50_700).contains(&mean), "{mean}");
        assert_eq!(Lives::endless().next(), u64::MAX);
    }
}
