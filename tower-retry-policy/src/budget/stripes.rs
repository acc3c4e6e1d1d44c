//! A counter that many threads raise without meeting each other.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;

use super::atomic::{AtomicU64, Ordering};

/// How many readings of the clock make a burst, and how many deposits go without one in return.
const BATCH: u64 = 128;

/// A share of the counter, on cache lines of its own (128 bytes, since processors of today fetch them in
/// pairs).
#[derive(Debug, Default)]
#[repr(align(128))]
struct Stripe {
    count: AtomicU64,
    /// The count from which on the clock has to be read first.
    due: AtomicU64,
    /// Time and count at the beginning of what may become a burst.
    begun_at: AtomicU64,
    begun_count: AtomicU64,
    /// The time when the clock was read last.
    read_at: AtomicU64,
}

/// The whole counter.
///
/// The first threads of the process each have a stripe to themselves, which only they write: then a load and
/// a store do the work of an atomic addition at half its price. All others share the rest.
#[derive(Debug)]
pub(crate) struct Stripes {
    own: Box<[Stripe]>,
    /// A power of two of them.
    shared: Box<[Stripe]>,
}

/// The stripe of the thread that asked; for this call only, so it cannot be sent to another.
#[derive(Debug)]
pub(crate) struct Mine<'a> {
    stripe: &'a Stripe,
    alone: bool,
    not_send: std::marker::PhantomData<*const ()>,
}

/// Enough stripes that each thread of a runtime has its own, with some to spare for others.
pub(crate) fn stripes_for_threads() -> usize {
    // Asking the system reads files on Linux, too slow to do for each of many budgets.
    static THREADS: OnceLock<usize> = OnceLock::new();
    let threads = THREADS.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from));
    (2 * threads).clamp(8, 64)
}

// ===== impl Mine =====

impl Mine<'_> {
    /// Adds modulo 2^64 and returns the sum.
    ///
    /// Whoever sees the sum sees what was done before it, the opening of a slot above all: otherwise a thread that
    /// opens the same slot a little later could put a request of the slot before it.
    #[inline]
    pub(crate) fn add(&self, amount: u64) -> u64 {
        let count = &self.stripe.count;
        if self.alone {
            let sum = count.load(Ordering::Relaxed).wrapping_add(amount);
            count.store(sum, Ordering::Release);
            sum
        } else {
            count.fetch_add(amount, Ordering::Release).wrapping_add(amount)
        }
    }

    /// Counts one, if the clock need not be read for it.
    #[inline]
    pub(crate) fn count_unread(&self) -> bool {
        let unread = self.stripe.count.load(Ordering::Relaxed) < self.stripe.due.load(Ordering::Relaxed);
        if unread {
            self.add(1);
        }
        unread
    }

    /// Counts one that came at the time that was just read, and decides when to read again.
    ///
    /// A clock costs several times as much as all the rest of a deposit, so it is left unread in the middle of
    /// a burst: after 128 deposits within `burst` nanoseconds the next 127 go without. None does while traffic
    /// is slow, or the clock stands still as a paused one does.
    pub(crate) fn count_read(&self, now: u64, burst: u64) {
        let count = self.add(1);
        let stripe = self.stripe;
        let moved = now > stripe.read_at.swap(now, Ordering::Relaxed);
        let short = now.saturating_sub(stripe.begun_at.load(Ordering::Relaxed)) <= burst;
        let full = count.saturating_sub(stripe.begun_count.load(Ordering::Relaxed)) >= BATCH;
        // Threads that share the stripe may mix their values here; the worst of it is a batch too many or
        // too few.
        if !(moved && short) || full {
            stripe.begun_at.store(now, Ordering::Relaxed);
            stripe.begun_count.store(count, Ordering::Relaxed);
        }
        let unread = if moved && short && full { BATCH - 1 } else { 0 };
        stripe.due.store(count + unread, Ordering::Relaxed);
    }
}

// ===== impl Stripes =====

impl Stripes {
    /// So many threads have a stripe of their own; half as many stripes, one at least, are for all others.
    pub(crate) fn new(own: usize) -> Self {
        let stripes = |count| (0..count).map(|_| Stripe::default()).collect();
        Self { own: stripes(own), shared: stripes((own / 2).next_power_of_two()) }
    }

    /// How many threads have a stripe of their own.
    pub(crate) fn own(&self) -> usize {
        self.own.len()
    }

    /// The stripe of the thread that asks.
    #[inline]
    pub(crate) fn mine(&self) -> Mine<'_> {
        let thread = thread_number();
        let (stripe, alone) = match self.own.get(thread) {
            Some(stripe) => (stripe, true),
            // A mask instead of a remainder: the length is a power of two.
            None => (&self.shared[thread & (self.shared.len() - 1)], false),
        };
        Mine { stripe, alone, not_send: std::marker::PhantomData }
    }

    /// All that has been counted. What is counted meanwhile may or may not be in it.
    pub(crate) fn total(&self) -> u64 {
        self.all().map(|stripe| stripe.count.load(Ordering::Acquire)).fold(0, u64::wrapping_add)
    }

    /// Has the clock read at the next deposit of every stripe.
    pub(crate) fn read_next(&self) {
        for stripe in self.all() {
            stripe.due.store(0, Ordering::Relaxed);
        }
    }

    fn all(&self) -> impl Iterator<Item = &Stripe> {
        self.own.iter().chain(&self.shared)
    }
}

/// Threads are numbered as they come, from 0; no number is given twice.
#[inline]
fn thread_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    const NONE: usize = usize::MAX;
    thread_local! {
        // Constant at first and without a destructor: it is read without a check, also while a thread ends.
        static NUMBER: Cell<usize> = const { Cell::new(NONE) };
    }
    NUMBER.with(|number| {
        if number.get() == NONE {
            number.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        number.get()
    })
}
