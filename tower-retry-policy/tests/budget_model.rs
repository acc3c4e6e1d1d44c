//! The counts of the ratio budget under every order of their atomic steps that loom's model of two or three threads
//! knows (with at most three preemptions).
//!
//! Their source is compiled here once more, against loom's atomics.

#![allow(dead_code, unreachable_pub, reason = "they are private modules of the library")]

mod atomic {
    pub(crate) use loom::sync::atomic::{AtomicU64, Ordering};
}

#[path = "../src/budget/grants.rs"]
mod grants;
#[path = "../src/budget/slots.rs"]
mod slots;

use self::{
    grants::{BURST, Grants},
    slots::{Grid, SLOTS, Slots},
};
use loom::{sync::Arc, thread};
use std::time::Duration;

const WINDOW: Duration = Duration::from_secs(20);
/// In nanoseconds.
const SLOT: u64 = 1_000_000_000;

/// What the budget does with its counts, for a floor of `most` retries and requests that count fully.
struct Budget {
    requests: Slots,
    grants: Grants,
    most: u64,
    /// The same of the last slots alone.
    burst: u64,
}

impl Budget {
    fn new(most: u64) -> Arc<Self> {
        Self::with_burst(most, most)
    }

    fn with_burst(most: u64, burst: u64) -> Arc<Self> {
        let grid = Grid::new(WINDOW);
        Arc::new(Self { requests: Slots::new(grid), grants: Grants::new(grid), most, burst })
    }

    fn deposit(&self, slot: u64) {
        self.requests.add(slot * SLOT);
    }

    fn withdraw(&self, slot: u64) -> bool {
        loop {
            let granted = self.grants.granted(slot * SLOT);
            let whole = self.most + self.requests.count(granted.newest, SLOTS);
            let burst = self.burst + self.requests.count(granted.newest, BURST + 1);
            if granted.whole >= whole || granted.burst >= burst {
                return false;
            }
            if self.grants.grant(granted) {
                return true;
            }
        }
    }
}

fn model(run: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(run);
}

/// Both ask, each in its slot; how many were granted one.
fn asked_at_once(budget: &Arc<Budget>, mine: u64, other: u64) -> u64 {
    let shared = Arc::clone(budget);
    let other = thread::spawn(move || shared.withdraw(other));
    let mine = budget.withdraw(mine);
    u64::from(mine) + u64::from(other.join().expect("no thread panics"))
}

#[test]
fn two_threads_share_one_token() {
    model(|| assert_eq!(asked_at_once(&Budget::new(1), 0, 0), 1));
}

/// Also when the one with the older time comes last.
#[test]
fn a_grant_in_an_old_slot_and_one_in_a_new_slot_do_not_both_take_the_last() {
    model(|| assert_eq!(asked_at_once(&Budget::new(1), 0, 1), 1));
}

#[test]
fn two_threads_that_begin_the_same_slot_lose_nothing_of_the_one_before() {
    model(|| {
        let budget = Budget::new(2);
        assert!(budget.withdraw(0));
        assert_eq!(asked_at_once(&budget, 1, 1), 1);
        assert!(!budget.withdraw(1));
    });
}

#[test]
fn two_threads_that_begin_different_slots_lose_nothing_of_those_before() {
    model(|| {
        let budget = Budget::new(2);
        assert!(budget.withdraw(0));
        assert_eq!(asked_at_once(&budget, 1, 3), 1);
        assert!(!budget.withdraw(3));
    });
}

/// The whole window has room for more; the last slots have not, and the slots of the two differ.
#[test]
fn two_threads_share_the_last_token_of_a_burst() {
    model(|| assert_eq!(asked_at_once(&Budget::with_burst(5, 1), 0, 1), 1));
}

#[test]
fn requests_of_two_threads_in_a_slot_that_is_used_anew_are_all_counted() {
    model(|| {
        let budget = Budget::new(0);
        budget.deposit(0);
        let other = {
            let budget = Arc::clone(&budget);
            thread::spawn(move || budget.deposit(32))
        };
        budget.deposit(32);
        other.join().expect("no thread panics");
        assert_eq!(budget.requests.count(32 + 32, SLOTS), 2, "and that of a ring ago is not");
    });
}

#[test]
fn what_comes_back_while_another_asks_is_neither_lost_nor_doubled() {
    for slot in [0, 1] {
        model(move || {
            let budget = Budget::new(1);
            assert!(budget.withdraw(0));
            let other = {
                let budget = Arc::clone(&budget);
                thread::spawn(move || budget.grants.take_back(slot * SLOT))
            };
            let early = budget.withdraw(slot);
            other.join().expect("no thread panics");
            let late = budget.withdraw(slot);
            assert!(early ^ late, "the one token is granted once more");
        });
    }
}

/// One gives back a grant of the newest slot while the other begins the next.
#[test]
fn what_comes_back_while_a_slot_begins_comes_back_once() {
    model(|| {
        let budget = Budget::new(2);
        assert!(budget.withdraw(0) && budget.withdraw(0));
        let other = {
            let budget = Arc::clone(&budget);
            thread::spawn(move || budget.grants.take_back(0))
        };
        let early = budget.withdraw(1);
        other.join().expect("no thread panics");
        assert!(early ^ budget.withdraw(1));
        assert!(!budget.withdraw(1));
    });
}
