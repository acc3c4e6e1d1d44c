//! When calls begin.

use crate::sim::random::Random;
use std::time::Duration;
use tokio::time::Instant;

/// Calls with this mean time between two of them, which lies evenly between nothing and twice as much.
#[derive(Debug)]
pub(super) struct Arrivals {
    random: Random,
    mean: Duration,
    next: Instant,
}

impl Arrivals {
    pub(super) fn new(random: Random, mean: Duration) -> Self {
        Self { random, mean, next: Instant::now() }
    }

    pub(super) fn next(&mut self) -> Instant {
        self.next += self.mean.mul_f64(2.0 * self.random.unit());
        self.next
    }
}
