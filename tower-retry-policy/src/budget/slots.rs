//! Time in slots, and how many of something came in each of the last ones.

use super::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Slots in a window. Finagle has ten; with ten a second of the default window could not be told from the two slots that
/// it may touch.
pub(crate) const SLOTS: u64 = 20;

/// A few slots more than a window, so that one that is read late has not been used anew.
pub(crate) const RING: usize = 32;

/// How time is cut: into slots of one length, numbered without an end, from [`RING`] on so that there is something before
/// the first. A word holds such a number above a count, so that both change in one step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid {
    /// Nanoseconds.
    slot: u64,
    /// The bits of the count. The number has those that it can ever need, 584 years on; the rest counts one thing every two
    /// nanoseconds at least, for a whole slot.
    shift: u32,
}

/// A count that forgets by slots: one word for each slot, in which the newer number wins.
#[derive(Debug)]
pub(crate) struct Slots {
    grid: Grid,
    /// The slot that was counted in last: most belong to it too, which is known without a division.
    last: AtomicU64,
    words: Words,
}

/// Away from what is only read, two cache lines at a time as processors fetch them.
#[derive(Debug)]
#[repr(align(128))]
struct Words([AtomicU64; RING]);

// ===== impl Grid =====

impl Grid {
    /// Slots of a twentieth of this window; one below 10 ms counts as 10 ms.
    pub(crate) fn new(window: Duration) -> Self {
        let window = u64::try_from(window.max(Duration::from_millis(10)).as_nanos()).unwrap_or(u64::MAX);
        let slot = window / SLOTS;
        Self { slot, shift: (u64::MAX / slot + RING as u64).leading_zeros() }
    }

    /// The nanoseconds of so many slots.
    pub(crate) fn length(&self, slots: u64) -> u64 {
        slots * self.slot
    }

    /// The number of the slot of this time.
    #[inline]
    pub(crate) fn number(&self, now: u64) -> u64 {
        now / self.slot + RING as u64
    }

    /// When a slot begins.
    #[inline]
    pub(crate) fn start(&self, number: u64) -> u64 {
        (number - RING as u64) * self.slot
    }

    /// An empty word of this slot.
    #[inline]
    pub(crate) fn word(&self, number: u64) -> u64 {
        number << self.shift
    }

    #[inline]
    pub(crate) fn number_of(&self, word: u64) -> u64 {
        word >> self.shift
    }

    #[inline]
    pub(crate) fn count_of(&self, word: u64) -> u64 {
        word & self.most()
    }

    /// The most that a word counts.
    #[inline]
    pub(crate) fn most(&self) -> u64 {
        (1 << self.shift) - 1
    }
}

// ===== impl Slots =====

impl Slots {
    pub(crate) fn new(grid: Grid) -> Self {
        let words = Words(std::array::from_fn(|_| AtomicU64::new(0)));
        Self { grid, last: AtomicU64::new(RING as u64), words }
    }

    pub(crate) fn grid(&self) -> Grid {
        self.grid
    }

    /// Counts one at this time. What comes later than a whole ring is not counted: no window holds it any more.
    #[inline]
    pub(crate) fn add(&self, now: u64) {
        let number = self.number(now);
        let word = &self.words.0[number as usize % RING];
        let mut seen = word.load(Ordering::Relaxed);
        loop {
            let next = match self.grid.number_of(seen) {
                found if found > number => return,
                found if found < number => self.grid.word(number) + 1,
                _ if self.grid.count_of(seen) == self.grid.most() => return,
                _ => seen + 1,
            };
            // Nothing hangs on the order: whoever misses one grants less.
            match word.compare_exchange_weak(seen, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => seen = now,
            }
        }
    }

    #[inline]
    fn number(&self, now: u64) -> u64 {
        let last = self.last.load(Ordering::Relaxed);
        if now.wrapping_sub(self.grid.start(last)) < self.grid.slot { last } else { self.other(now) }
    }

    #[cold]
    fn other(&self, now: u64) -> u64 {
        let number = self.grid.number(now);
        self.last.store(number, Ordering::Relaxed);
        number
    }

    /// How many came in this slot and in those before it, so many slots in all.
    pub(crate) fn count(&self, newest: u64, slots: u64) -> u64 {
        (newest + 1 - slots..=newest)
            .map(|number| {
                let word = self.words.0[number as usize % RING].load(Ordering::Relaxed);
                if self.grid.number_of(word) == number { self.grid.count_of(word) } else { 0 }
            })
            .sum()
    }
}
