//! A counter that many threads raise without meeting each other.

use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;

use super::atomic::{AtomicU64, Ordering};

/// How many readings of the clock make a burst, and how many deposits go without one in return.
const BATCH: u64 = 64;

/// One thread's share of the counter, on cache lines of its own (128 bytes, since processors of today fetch
/// them in pairs).
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Stripe {
    count: AtomicU64,
    /// The count from which on the clock has to be read first.
    due: AtomicU64,
    /// Time and count at the beginning of what may become a burst.
    begun_at: AtomicU64,
    begun_count: AtomicU64,
    /// The time when the clock was read last.
    read_at: AtomicU64,
}

/// The whole counter; always a power of two of stripes.
#[derive(Debug)]
pub(crate) struct Stripes {
    stripes: Box<[Stripe]>,
}

/// Enough stripes that threads which run at the same time seldom share one.
pub(crate) fn stripes_for_threads() -> usize {
    // Asking the system reads files on Linux, too slow to do for each of many budgets.
    static THREADS: OnceLock<usize> = OnceLock::new();
    let threads = THREADS.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from));
    (2 * threads).clamp(8, 64)
}

// ===== impl Stripe =====

impl Stripe {
    /// Counts one, if the clock need not be read for it.
    #[inline]
    pub(crate) fn count_unread(&self) -> bool {
        let unread = self.count.load(Ordering::Relaxed) < self.due.load(Ordering::Relaxed);
        if unread {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
        unread
    }

    /// Counts one that came at the time that was just read, and decides when to read again.
    ///
    /// A clock costs several times as much as all the rest of a deposit, so it is left unread in the middle of
    /// a burst: after 64 deposits within `burst` nanoseconds the next 63 go without. None does while traffic
    /// is slow, or the clock stands still as a paused one does.
    pub(crate) fn count_read(&self, now: u64, burst: u64) {
        let count = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        let moved = now > self.read_at.swap(now, Ordering::Relaxed);
        let short = now.saturating_sub(self.begun_at.load(Ordering::Relaxed)) <= burst;
        let full = count.saturating_sub(self.begun_count.load(Ordering::Relaxed)) >= BATCH;
        // Threads that share the stripe may mix their values here; the worst of it is a batch too many or
        // too few.
        if !(moved && short) || full {
            self.begun_at.store(now, Ordering::Relaxed);
            self.begun_count.store(count, Ordering::Relaxed);
        }
        let unread = if moved && short && full { BATCH - 1 } else { 0 };
        self.due.store(count + unread, Ordering::Relaxed);
    }
}

// ===== impl Stripes =====

impl Stripes {
    /// At least that many, and one at least.
    pub(crate) fn new(stripes: usize) -> Self {
        Self { stripes: (0..stripes.next_power_of_two()).map(|_| Stripe::default()).collect() }
    }

    pub(crate) fn len(&self) -> usize {
        self.stripes.len()
    }

    /// The stripe of the thread that asks.
    #[inline]
    pub(crate) fn mine(&self) -> &Stripe {
        // A mask instead of a remainder: the length is a power of two.
        &self.stripes[thread_number() & (self.stripes.len() - 1)]
    }

    /// All that has been counted. What is counted meanwhile may or may not be in it.
    pub(crate) fn total(&self) -> u64 {
        self.stripes.iter().map(|stripe| stripe.count.load(Ordering::Relaxed)).fold(0, u64::wrapping_add)
    }

    /// Has the clock read at the next deposit of every stripe.
    pub(crate) fn read_next(&self) {
        for stripe in &self.stripes {
            stripe.due.store(0, Ordering::Relaxed);
        }
    }
}

/// Threads are numbered as they come, so that the first ones all have a stripe of their own.
#[inline]
fn thread_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: usize = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    // While a thread ends its number is gone already; any stripe is right, this one may only be shared.
    NUMBER.try_with(|number| *number).unwrap_or(0)
}
