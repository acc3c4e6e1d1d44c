//! The retries granted in each slot of a window, and how far the deposits were at its beginning.
//!
//! Time is cut into slots, numbered without an end: the *epochs*. The ledger keeps a ring of them. A slot holds
//! what was granted in it, and the total of all deposits ever when it began, so that the deposits of the window
//! are a difference of two totals and nothing has to be subtracted when they expire. The ledger reads no clock
//! and knows no ratio.
//!
//! What holds in *any* stretch of time must not depend on where slots begin. So a deposit counts only while all of
//! its slot lies within the window, and a grant for as long as any of its slot may: each slot holds the time of its
//! newest grant too, so that what was granted in one moment expires when the window has passed and not a slot later.
//!
//! The rules that make it exact without a lock:
//! - Only the newest slot grants. Before a newer one opens, the older is *sealed* by a bit in the same word
//!   that holds its grants. So a grant that was decided on an old view fails its compare-and-swap, and
//!   the sum over the sealed slots cannot rise while it is compared with what is allowed.
//! - Whoever sees a new epoch first opens it; if several do, each step is a compare-and-swap that one of them
//!   wins and the others find done. Nobody waits.
//! - After a pause all slots in between are opened at once, at most a ring of them: nothing happened in them.

use super::atomic::{AtomicU64, Ordering};

/// Slots in a window: a deposit counts for at least 19/20 of it and at most the whole. Finagle has ten; with ten a
/// second of the default window could not be told from the two slots that it may touch.
pub(crate) const SLOTS: u64 = 20;

/// Slots in a tenth of the window, the stretch in which a burst is bounded: a second by default.
pub(crate) const BURST: u64 = SLOTS / 10;

/// A few slots more than a window, so that one that is read late has not been reused.
const RING: usize = 32;

/// Grants in one slot: 2^23 - 1. The epoch takes the other 40 bits: 8 years of slots of half a millisecond.
const GRANTS: u64 = (1 << 23) - 1;
const SEALED: u64 = 1 << 23;
const EPOCH_SHIFT: u32 = 24;

#[derive(Debug)]
pub(crate) struct Ledger {
    /// Nanoseconds.
    slot: u64,
    /// The newest slot that is open.
    epoch: AtomicU64,
    ring: [Slot; RING],
}

#[derive(Debug)]
struct Slot {
    /// Epoch, seal and grants.
    word: AtomicU64,
    /// The total of deposits when the slot began.
    deposits: AtomicU64,
    /// The time of the newest grant, in nanoseconds. It only rises, also when the slot is used anew: what is too
    /// high makes a grant count longer, never shorter.
    granted_at: AtomicU64,
}

/// What the window and its newest part hold, and the state of the newest slot that this was read with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) whole: Part,
    /// The last [`BURST`] slots.
    pub(crate) burst: Part,
    newest: u64,
    /// When a grant is dated.
    at: u64,
}

/// What a stretch that ends now holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    /// Retries granted in it.
    pub(crate) granted: u64,
    /// The total of deposits before those that count for it.
    pub(crate) deposits_before: u64,
}

// ===== impl Ledger =====

impl Ledger {
    /// A ledger of slots of so many nanoseconds, the first of which is that of this time.
    pub(crate) fn new(slot: u64, now: u64) -> Self {
        let epoch = now / slot + RING as u64;
        let ring = std::array::from_fn(|index| {
            // The one epoch of the ring that belongs to this index.
            let behind = (epoch - index as u64) % RING as u64;
            let seal = if behind == 0 { 0 } else { SEALED };
            let [deposits, granted_at] = [0, 0].map(AtomicU64::new);
            Slot { word: AtomicU64::new(word(epoch - behind, seal)), deposits, granted_at }
        });
        Self { slot, epoch: AtomicU64::new(epoch), ring }
    }

    /// Opens the slot of this time unless it is open. Returns whether it was this call that found it closed.
    ///
    /// `total` gives the total of deposits so far.
    #[inline]
    pub(crate) fn open(&self, now: u64, total: impl Fn() -> u64) -> bool {
        // Epochs begin at a whole ring, so that there is something before the first.
        let epoch = now / self.slot + RING as u64;
        let newest = self.epoch.load(Ordering::Acquire);
        let closed = epoch > newest;
        if closed {
            self.open_from(newest, epoch, total());
        }
        closed
    }

    #[cold]
    fn open_from(&self, newest: u64, epoch: u64, total: u64) {
        for passed in newest.max(epoch.saturating_sub(RING as u64 - 1))..epoch {
            self.begin(passed, SEALED, total);
            self.seal(passed);
        }
        self.begin(epoch, 0, total);
        self.epoch.fetch_max(epoch, Ordering::AcqRel);
    }

    /// Puts the slot of this epoch in place of the one a ring ago, if that still stands.
    fn begin(&self, epoch: u64, seal: u64, total: u64) {
        let slot = self.slot(epoch);
        let mut state = slot.word.load(Ordering::Acquire);
        while older(state, epoch) {
            // The total goes first, and only up: a call that comes late must not lower what a newer one put,
            // since that would count old deposits again.
            slot.deposits.fetch_max(total, Ordering::AcqRel);
            match slot.word.compare_exchange(state, word(epoch, seal), Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return,
                Err(now) => state = now,
            }
        }
    }

    fn seal(&self, epoch: u64) {
        let slot = self.slot(epoch);
        let mut state = slot.word.load(Ordering::Acquire);
        while state >> EPOCH_SHIFT == tag(epoch) && state & SEALED == 0 {
            match slot.word.compare_exchange_weak(state, state | SEALED, Ordering::AcqRel, Ordering::Acquire)
            {
                Ok(_) => return,
                Err(now) => state = now,
            }
        }
    }

    /// The window that ends now, in the newest slot; nothing if a newer one is being opened just now. Then open it
    /// too, rather than wait for whoever began.
    pub(crate) fn window(&self, now: u64) -> Option<Window> {
        let epoch = self.epoch.load(Ordering::Acquire);
        let deposits_before = |slots| self.slot(epoch - slots).deposits.load(Ordering::Acquire);
        let mut whole = Part { granted: 0, deposits_before: deposits_before(SLOTS - 1) };
        // One slot more than the stretch is long: its grants may be in two parts of slots at its ends, and then
        // so may its deposits. With one less nothing could be granted at the beginning of a slot.
        let mut burst = Part { granted: 0, deposits_before: deposits_before(BURST) };
        // The newest is read first: if its word is the same when a grant is entered, no other was meanwhile.
        let newest = self.slot(epoch).word.load(Ordering::Acquire);
        for behind in 0..=SLOTS {
            let passed = epoch - behind;
            let state = if behind == 0 { newest } else { self.slot(passed).word.load(Ordering::Acquire) };
            let granted = grants_of(state, passed)?;
            if behind < SLOTS || self.is_recent(passed, SLOTS, now) {
                whole.granted += granted;
            }
            if behind < BURST || behind == BURST && self.is_recent(passed, BURST, now) {
                burst.granted += granted;
            }
        }
        // A clock that went back, or was read before somebody opened a newer slot, dates nothing before that slot.
        let at = now.max((epoch - RING as u64) * self.slot);
        (newest & SEALED == 0).then_some(Window { whole, burst, newest, at })
    }

    /// Whether the newest grant of a slot is less than so many slots old.
    fn is_recent(&self, epoch: u64, slots: u64, now: u64) -> bool {
        let age = now.saturating_sub(self.slot(epoch).granted_at.load(Ordering::Acquire));
        age < slots * self.slot
    }

    /// The total of deposits when the window began, for whoever grants nothing. Read while slots are opened it may
    /// be that of a newer one, so that a few deposits are forgotten early.
    pub(crate) fn deposits_before(&self) -> u64 {
        let epoch = self.epoch.load(Ordering::Acquire);
        self.slot(epoch - (SLOTS - 1)).deposits.load(Ordering::Acquire)
    }

    /// Grants one more, if nothing has changed since the window was read.
    pub(crate) fn grant(&self, window: Window) -> Result<(), Refusal> {
        let state = window.newest;
        if state & GRANTS == GRANTS {
            return Err(Refusal::Full);
        }
        let slot = self.slot(state >> EPOCH_SHIFT);
        // Before the grant, so that nobody sees a grant without its time.
        slot.granted_at.fetch_max(window.at, Ordering::AcqRel);
        let result = slot.word.compare_exchange(state, state + 1, Ordering::AcqRel, Ordering::Acquire);
        result.map(drop).map_err(|_| Refusal::Changed)
    }

    /// Takes one grant back: the oldest of the window, because nobody knows which one it was and so at least
    /// none is forgotten early. Does nothing if all have expired.
    pub(crate) fn take_back(&self, now: u64) {
        let newest = self.epoch.load(Ordering::Acquire);
        let oldest = if self.is_recent(newest - SLOTS, SLOTS, now) { SLOTS } else { SLOTS - 1 };
        for epoch in newest - oldest..=newest {
            let slot = self.slot(epoch);
            let mut state = slot.word.load(Ordering::Acquire);
            while grants_of(state, epoch).is_some_and(|grants| grants > 0) {
                match slot.word.compare_exchange_weak(state, state - 1, Ordering::AcqRel, Ordering::Acquire) {
                    Ok(_) => return,
                    Err(seen) => state = seen,
                }
            }
        }
    }

    fn slot(&self, epoch: u64) -> &Slot {
        &self.ring[epoch as usize % RING]
    }
}

/// Why a grant was not entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Something else was entered since; read the window again.
    Changed,
    /// The slot holds as many as it can count.
    Full,
}

/// The 40 bits of an epoch that are kept.
fn tag(epoch: u64) -> u64 {
    epoch << EPOCH_SHIFT >> EPOCH_SHIFT
}

fn word(epoch: u64, seal: u64) -> u64 {
    tag(epoch) << EPOCH_SHIFT | seal
}

/// Whether the slot is of an earlier epoch; of the two halves of the circle of 2^40 the one behind.
fn older(state: u64, epoch: u64) -> bool {
    let ahead = tag(epoch.wrapping_sub(state >> EPOCH_SHIFT));
    ahead != 0 && ahead < 1 << 39
}

fn grants_of(state: u64, epoch: u64) -> Option<u64> {
    (state >> EPOCH_SHIFT == tag(epoch)).then_some(state & GRANTS)
}
