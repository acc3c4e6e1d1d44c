//! The ledger of the ratio budget under every order of its atomic steps that loom's model of two or three threads
//! knows (with at most three preemptions).
//!
//! The source of the ledger is compiled here once more, against loom's atomics.

#![allow(dead_code, unreachable_pub, reason = "the ledger is a private module of the library")]

mod atomic {
    pub(crate) use loom::sync::atomic::{AtomicU64, Ordering};
}

#[path = "../src/budget/ledger.rs"]
mod ledger;

use loom::sync::Arc;
use loom::thread;

use self::atomic::{AtomicU64, Ordering};
use self::ledger::{Ledger, Refusal, SLOTS};

/// What the budget does with a ledger, for a floor of `most` retries and requests that count fully.
struct Budget {
    ledger: Ledger,
    requests: AtomicU64,
    most: u64,
    /// The same of the last slots alone.
    burst: u64,
}

impl Budget {
    fn new(most: u64) -> Arc<Self> {
        Self::with_burst(most, most)
    }

    fn with_burst(most: u64, burst: u64) -> Arc<Self> {
        Arc::new(Self { ledger: Ledger::new(1, 0), requests: AtomicU64::new(0), most, burst })
    }

    fn open(&self, epoch: u64) {
        self.ledger.open(epoch, || self.requests.load(Ordering::Acquire));
    }

    fn deposit(&self, epoch: u64) {
        self.open(epoch);
        self.requests.fetch_add(1, Ordering::Release);
    }

    fn withdraw(&self, epoch: &AtomicU64) -> bool {
        loop {
            let now = epoch.load(Ordering::SeqCst);
            self.open(now);
            let Some(window) = self.ledger.window(now) else {
                // Somebody is opening a newer slot: under the model's scheduler it must be let go on.
                thread::yield_now();
                continue;
            };
            let requests = self.requests.load(Ordering::Acquire);
            let full = [(window.whole, self.most), (window.burst, self.burst)]
                .map(|(part, most)| part.granted >= most + requests.saturating_sub(part.deposits_before));
            if full.contains(&true) {
                return false;
            }
            match self.ledger.grant(window) {
                Ok(()) => return true,
                Err(Refusal::Full) => return false,
                Err(Refusal::Changed) => {}
            }
        }
    }
}

fn model(run: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(run);
}

#[test]
fn two_threads_share_one_token() {
    model(|| {
        let budget = Budget::new(1);
        let other = {
            let budget = Arc::clone(&budget);
            thread::spawn(move || budget.withdraw(&AtomicU64::new(0)))
        };
        let mine = budget.withdraw(&AtomicU64::new(0));
        assert!(mine ^ other.join().expect("no thread panics"), "exactly one gets it");
    });
}

#[test]
fn a_grant_in_an_old_slot_and_one_in_a_new_slot_do_not_both_take_the_last() {
    model(|| {
        let budget = Budget::new(1);
        let now = Arc::new(AtomicU64::new(0));
        let other = {
            let (budget, now) = (Arc::clone(&budget), Arc::clone(&now));
            thread::spawn(move || {
                now.store(1, Ordering::SeqCst);
                budget.withdraw(&now)
            })
        };
        let mine = budget.withdraw(&now);
        assert!(mine ^ other.join().expect("no thread panics"), "exactly one gets it");
    });
}

/// The whole window has room for more; the last slots have not, and the slots of the two differ.
#[test]
fn two_threads_share_the_last_token_of_a_burst() {
    model(|| {
        let budget = Budget::with_burst(5, 1);
        let now = Arc::new(AtomicU64::new(0));
        let other = {
            let (budget, now) = (Arc::clone(&budget), Arc::clone(&now));
            thread::spawn(move || {
                now.store(1, Ordering::SeqCst);
                budget.withdraw(&now)
            })
        };
        let mine = budget.withdraw(&now);
        assert!(mine ^ other.join().expect("no thread panics"), "exactly one gets it");
    });
}

#[test]
fn two_threads_that_open_a_slot_agree_on_its_beginning() {
    model(|| {
        let budget = Budget::new(0);
        budget.deposit(0);
        let other = {
            let budget = Arc::clone(&budget);
            thread::spawn(move || budget.deposit(1))
        };
        budget.deposit(1);
        other.join().expect("no thread panics");
        // A window that begins with slot 1.
        budget.open(SLOTS);
        let window = budget.ledger.window(SLOTS).expect("nobody opens a slot");
        let left = budget.requests.load(Ordering::Relaxed) - window.whole.deposits_before;
        assert_eq!(left, 2, "that of slot 0 has expired, the others have not");
    });
}

#[test]
fn what_comes_back_while_another_asks_is_neither_lost_nor_doubled() {
    model(|| {
        let budget = Budget::new(1);
        assert!(budget.withdraw(&AtomicU64::new(0)));
        let other = {
            let budget = Arc::clone(&budget);
            thread::spawn(move || budget.ledger.take_back(0))
        };
        let early = budget.withdraw(&AtomicU64::new(0));
        other.join().expect("no thread panics");
        let late = budget.withdraw(&AtomicU64::new(0));
        assert!(early ^ late, "the one token is granted once more");
    });
}
