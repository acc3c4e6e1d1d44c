//! How many of something came within a window.

use super::{
    clock::nanos,
    slots::{Grid, SLOTS, Slots},
};
use std::time::Duration;

/// A count that forgets by twentieths of its window.
#[derive(Debug)]
pub(crate) struct SlidingCount(Slots);

impl SlidingCount {
    /// Nothing so far; a window below 10 ms counts as 10 ms.
    pub(crate) fn new(window: Duration) -> Self {
        Self(Slots::new(Grid::new(window)))
    }

    pub(crate) fn add(&self, now: Duration) {
        self.0.add(nanos(now));
    }

    pub(crate) fn count(&self, now: Duration) -> u64 {
        self.0.count(self.0.grid().number(nanos(now)), SLOTS)
    }
}
