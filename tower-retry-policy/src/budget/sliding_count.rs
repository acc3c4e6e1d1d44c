//! How many of something came within a window.

use std::time::Duration;

use super::clock::nanos;
use super::ledger::{Ledger, SLOTS};
use super::stripes::{Stripes, stripes_for_threads};

/// A count that forgets by slots of its window, a twentieth each.
pub(crate) struct SlidingCount {
    all: Stripes,
    ledger: Ledger,
}

impl SlidingCount {
    /// Nothing so far; a window below 10 ms counts as 10 ms.
    pub(crate) fn new(window: Duration, now: Duration) -> Self {
        let slot = nanos(window.max(Duration::from_millis(10))) / SLOTS;
        let all = Stripes::new(stripes_for_threads());
        Self { all, ledger: Ledger::new(slot, nanos(now)) }
    }

    pub(crate) fn add(&self, now: Duration) {
        self.open(now);
        self.all.mine().add(1);
    }

    pub(crate) fn count(&self, now: Duration) -> u64 {
        self.open(now);
        let before = self.ledger.deposits_before();
        self.all.total().saturating_sub(before)
    }

    fn open(&self, now: Duration) {
        self.ledger.open(nanos(now), || self.all.total());
    }
}
