//! All callers at once, for some time; then what has to hold.

use crate::{
    budgets::{Budget, KINDS},
    caller::{CANCELLED, GOOD, call, good_call},
    server::Server,
    stack::{ATTEMPTS, DEADLINE, Stack},
    tally::Tally,
};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

/// Milliseconds in which the callers begin: a server takes in so many only one after another.
const RAMP: u64 = 2_000;

const HTTP1_CALLERS: usize = 300;

/// So many successes fill every budget, whatever was left in it.
const GOOD_CALLS: usize = 600;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Wave {
    pub(crate) callers: usize,
    pub(crate) seed: u64,
    /// Zero: one call of each caller.
    pub(crate) length: Duration,
}

struct Rig {
    seed: u64,
    stacks: [Stack; KINDS],
    next: AtomicU64,
    tally: Mutex<Tally>,
    until: Instant,
}

impl Wave {
    pub(crate) async fn run(self) {
        let server = Arc::new(Server::start(self.seed).await);
        let mut number = 0;
        let stacks = Budget::one_of_each().map(|budget| {
            number += 1;
            Stack::new(number, &server, budget)
        });
        let until = Instant::now() + self.length;
        let rig = Rig { seed: self.seed, stacks, next: AtomicU64::new(0), tally: Mutex::default(), until };
        let rig = Arc::new(rig);

        let callers: JoinSet<()> = (0..self.callers).map(|number| Arc::clone(&rig).caller(number)).collect();
        let limit = self.length + DEADLINE + Duration::from_secs(60);
        assert!(
            timeout(limit, callers.join_all()).await.is_ok(),
            "a call hangs: {}",
            rig.tally.lock().unwrap()
        );

        server.state.faulty.store(false, Relaxed);
        let recoveries: JoinSet<()> = (0..KINDS).map(|number| Arc::clone(&rig).recovery(number)).collect();
        recoveries.join_all().await;
        self.check(&rig, &server);
    }

    fn check(self, rig: &Rig, server: &Server) {
        let tally = rig.tally.lock().unwrap();
        println!("\n{tally}");
        server.state.ledger.check(ATTEMPTS, !self.length.is_zero());
        rig.stacks.iter().for_each(Stack::check);
        assert!(tally.is_quiet());
        // else something else was tested: one in ten is cancelled unless it has ended before
        assert!(tally.of(CANCELLED) > tally.calls() / 50, "too few were cancelled");
        assert!(tally.of(GOOD) > tally.calls() / 20, "too few succeeded");
        assert!(
            self.length.is_zero() || tally.most_in_flight == self.callers,
            "{} in flight",
            tally.most_in_flight
        );
    }
}

impl Rig {
    async fn caller(self: Arc<Self>, number: usize) {
        let stack = &self.stacks[number % KINDS];
        let host = &stack.hosts[number / KINDS % stack.hosts.len()];
        let services = if number < HTTP1_CALLERS { &stack.http1 } else { &stack.http2 };
        sleep(Duration::from_millis(number as u64 % RAMP)).await;
        loop {
            let id = self.next.fetch_add(1, Relaxed);
            let began = Instant::now();
            self.tally.lock().unwrap().begins();
            let how = call(self.seed, id, stack, services, host).await;
            self.tally.lock().unwrap().ends(how, began);
            if Instant::now() >= self.until {
                break;
            }
        }
    }

    /// Good calls until nothing of the bad ones counts any more.
    async fn recovery(self: Arc<Self>, number: usize) {
        let stack = &self.stacks[number];
        for host in stack.hosts.iter().cycle().take(GOOD_CALLS) {
            let id = self.next.fetch_add(1, Relaxed);
            good_call(id, stack, host).await;
        }
    }
}
