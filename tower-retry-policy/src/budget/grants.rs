//! The retries granted in each slot of a window, and a grant that none of them can slip past.
//!
//! What holds in *any* stretch of time must not depend on where slots begin. So a grant counts for as long as any of its
//! slot may: each slot has the time of its newest grant, so that what was granted in one moment expires when the window has
//! passed and not a slot later.
//!
//! The rules that make it exact without a lock:
//! - Only the newest slot grants, by a compare-and-swap of the word that holds its number and its grants: if it succeeds,
//!   nothing was granted since that word was read, and the slots before it were complete by then.
//! - Before a newer slot begins the word is *sealed*, then copied to the past, then replaced. A sealed word cannot change, so
//!   whoever finds one takes the other two steps too; each is a compare-and-swap that one wins and others find done. Nobody
//!   waits.

use super::{
    atomic::{AtomicU64, Ordering},
    slots::{Grid, RING, SLOTS},
};

/// Slots in a tenth of the window, the stretch in which a burst is bounded: a second by default.
pub(crate) const BURST: u64 = SLOTS / 10;

/// The lowest bit of the newest word; the count is above it.
const SEALED: u64 = 1;
const ONE: u64 = 2;

#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Grants {
    grid: Grid,
    /// Number, grants and seal of the newest slot.
    newest: AtomicU64,
    /// The same of those before it, unsealed.
    past: [AtomicU64; RING],
    /// The time of the newest grant of each slot, in nanoseconds. It only rises, also when a slot is used anew and when a
    /// grant comes to nothing: what is too high makes a grant count longer, never shorter.
    granted_at: [AtomicU64; RING],
}

/// What the window and its newest part hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Granted {
    /// The number of the newest slot.
    pub(crate) newest: u64,
    pub(crate) whole: u64,
    /// In the last [`BURST`] slots.
    pub(crate) burst: u64,
    word: u64,
    /// When a grant is dated.
    at: u64,
}

// ===== impl Grants =====

impl Grants {
    pub(crate) fn new(grid: Grid) -> Self {
        let [past, granted_at] = [(); 2].map(|()| std::array::from_fn(|_| AtomicU64::new(0)));
        Self { grid, newest: AtomicU64::new(grid.word(RING as u64)), past, granted_at }
    }

    /// What was granted in the window that ends now.
    pub(crate) fn granted(&self, now: u64) -> Granted {
        let word = self.open(now);
        let newest = self.grid.number_of(word);
        let in_newest = self.count_of(word);
        let [mut whole, mut burst] = [in_newest; 2];
        for behind in 1..=SLOTS {
            let granted = self.count_of(self.of_past(newest - behind));
            if behind < SLOTS || self.is_recent(newest - behind, SLOTS, now) {
                whole += granted;
            }
            if behind < BURST || behind == BURST && self.is_recent(newest - behind, BURST, now) {
                burst += granted;
            }
        }
        // A time before the newest slot was read before somebody opened it.
        Granted { newest, whole, burst, word, at: now.max(self.grid.start(newest)) }
    }

    /// Grants one more, unless anything has changed since that was read.
    pub(crate) fn grant(&self, seen: Granted) -> bool {
        let full = self.grid.count_of(seen.word) + ONE > self.grid.most();
        // Before the grant, so that nobody sees a grant without its time.
        self.granted_at[seen.newest as usize % RING].fetch_max(seen.at, Ordering::AcqRel);
        !full && self.swap(&self.newest, seen.word, seen.word + ONE)
    }

    /// Takes one grant back: the oldest of the window, because nobody knows which one it was and so at least none is
    /// forgotten early. Does nothing if all have expired.
    pub(crate) fn take_back(&self, now: u64) {
        loop {
            let word = self.open(now);
            let newest = self.grid.number_of(word);
            let oldest = if self.is_recent(newest - SLOTS, SLOTS, now) { SLOTS } else { SLOTS - 1 };
            let took = (newest - oldest..newest).any(|number| {
                let past = &self.past[number as usize % RING];
                let mut seen = past.load(Ordering::Acquire);
                while self.grid.number_of(seen) == number && self.count_of(seen) > 0 {
                    if self.swap(past, seen, seen - ONE) {
                        return true;
                    }
                    seen = past.load(Ordering::Acquire);
                }
                false
            });
            if took || self.count_of(word) == 0 || self.swap(&self.newest, word, word - ONE) {
                return;
            }
        }
    }

    /// The word of the newest slot, which is that of this time or a later one, and not sealed when it was read.
    fn open(&self, now: u64) -> u64 {
        let number = self.grid.number(now);
        loop {
            let word = self.newest.load(Ordering::Acquire);
            let newest = self.grid.number_of(word);
            if newest >= number && word & SEALED == 0 {
                return word;
            }
            if word & SEALED == 0 && !self.swap(&self.newest, word, word | SEALED) {
                continue;
            }
            let open = word & !SEALED;
            let past = &self.past[newest as usize % RING];
            let before = past.load(Ordering::Acquire);
            if self.grid.number_of(before) < newest {
                // If another was first, it has put the same.
                self.swap(past, before, open);
            }
            // Whoever sealed it knows of a time after it.
            let next = self.grid.word(number.max(newest + 1));
            self.swap(&self.newest, open | SEALED, next);
        }
    }

    fn swap(&self, word: &AtomicU64, from: u64, to: u64) -> bool {
        word.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Whether the newest grant of a slot is less than so many slots old.
    fn is_recent(&self, number: u64, slots: u64, now: u64) -> bool {
        let at = self.granted_at[number as usize % RING].load(Ordering::Acquire);
        now.saturating_sub(at) < self.grid.length(slots)
    }

    fn of_past(&self, number: u64) -> u64 {
        let word = self.past[number as usize % RING].load(Ordering::Acquire);
        if self.grid.number_of(word) == number { word } else { 0 }
    }

    fn count_of(&self, word: u64) -> u64 {
        self.grid.count_of(word) / ONE
    }
}
