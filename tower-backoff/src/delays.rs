//! The iterator form: one session of retries with a generator of its own.

use crate::Backoff;
use std::{iter::FusedIterator, time::Duration};

/// The delays of one session, without an end: [`take`](Iterator::take) as many as there are retries.
///
/// Made by [`Backoff::delays`] (reproducible) and [`Backoff::random_delays`]. Two sessions draw
/// independently of each other; a clone goes on with the same delays as its original.
///
/// ```
/// use std::time::Duration;
/// use tower_backoff::{Backoff, Jitter};
///
/// let backoff = Backoff::exponential(Duration::from_secs(1)).jitter(Jitter::Full);
///
/// let delays: Vec<Duration> = backoff.delays(7).take(3).collect();
/// assert!(delays[2] <= Duration::from_secs(4));
/// // The same seed, the same delays.
/// assert!(backoff.delays(7).take(3).eq(delays));
/// ```
#[derive(Clone, Debug)]
#[must_use = "an iterator does nothing until it is asked"]
pub struct Delays {
    backoff: Backoff,
    generator: fastrand::Rng,
    retry: u32,
    previous: Duration,
}

impl Delays {
    pub(crate) fn new(backoff: Backoff, seed: u64) -> Self {
        Self { backoff, generator: fastrand::Rng::with_seed(seed), retry: 0, previous: Duration::ZERO }
    }

    /// How many delays have been given so far.
    #[must_use]
    pub fn retries(&self) -> u32 {
        self.retry
    }

    #[inline]
    pub(crate) fn next_delay(&mut self) -> Duration {
        self.retry = self.retry.saturating_add(1);
        self.previous = self.backoff.delay_after(self.previous, self.retry, self.generator.u64(..));
        self.previous
    }
}

impl Iterator for Delays {
    type Item = Duration;

    #[inline]
    fn next(&mut self) -> Option<Duration> {
        Some(self.next_delay())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::MAX, None)
    }
}

impl FusedIterator for Delays {}
