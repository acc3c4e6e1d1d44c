//! What an onlooker knows of the endpoints, and what the documentation allows.

use crate::random::Random;
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;
use tower_retry_policy::endpoints::{Endpoints, EndpointsOutError};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) eject_after: u32,
    pub(crate) eject_for: Duration,
    pub(crate) fail_fast: bool,
    pub(crate) hold_back: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Success,
    Failure,
    Nothing,
    Dropped,
}

/// One host, since it came onto the list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    incarnation: u64,
    in_flight: usize,
    requests: u64,
    successes: u64,
    failures: u64,
    dropped: u64,
    failures_in_a_row: u32,
    ejections: u64,
    ejected_at: Option<Instant>,
    held_until: Option<Instant>,
    probes: usize,
}

/// One attempt.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    call: u64,
    host: String,
    incarnation: u64,
    is_probe: bool,
    /// How many had ended before it did.
    ended: Option<u64>,
}

/// A host as it was just before a choice.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    host: String,
    ejected: bool,
    held: bool,
    due: bool,
    in_flight: usize,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) random: Random,
    pub(crate) endpoints: Endpoints,
    pub(crate) settings: Settings,
    known: BTreeMap<String, Known>,
    pub(crate) visits: Vec<Visit>,
    ended: u64,
    incarnations: u64,
    ejected: usize,
    just_failed: Option<usize>,
    pub(crate) broken: Vec<String>,
}

impl World {
    pub(crate) fn new(random: Random, endpoints: Endpoints, settings: Settings) -> Self {
        let mut world = Self {
            random,
            endpoints,
            settings,
            known: BTreeMap::new(),
            visits: Vec::new(),
            ended: 0,
            incarnations: 0,
            ejected: 0,
            just_failed: None,
            broken: Vec::new(),
        };
        world.listed();
        world
    }

    fn check(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.broken.push(what());
        }
    }

    /// The list was set.
    pub(crate) fn listed(&mut self) {
        let hosts: Vec<_> =
            self.endpoints.stats().iter().map(|stats| stats.address().host().unwrap().to_owned()).collect();
        self.known.retain(|host, _| hosts.contains(host));
        for host in hosts {
            self.incarnations += 1;
            let incarnation = self.incarnations;
            self.known.entry(host).or_insert(Known { incarnation, ..Known::default() });
        }
        self.ejected = self.endpoints.stats().iter().filter(|stats| stats.is_ejected()).count();
    }

    /// The counters are those of the onlooker, and so is the time of each ejection.
    pub(crate) fn agree(&mut self) {
        let stats = self.endpoints.stats();
        let now = Instant::now();
        self.check(stats.len() == self.known.len(), || format!("hosts: {stats:?}"));
        for stats in &stats {
            let host = stats.address().host().unwrap();
            let known = self.known.get_mut(host).unwrap();
            let counted =
                (stats.in_flight(), stats.requests(), stats.successes(), stats.failures(), stats.dropped());
            let expected = (known.in_flight, known.requests, known.successes, known.failures, known.dropped);
            if counted != expected {
                self.broken.push(format!("{host}: counted {counted:?} of {expected:?}"));
            }
            if stats.ejections() > known.ejections {
                let early = known.ejected_at.is_none() && known.failures_in_a_row < self.settings.eject_after;
                if early || stats.ejections() > known.ejections + 1 {
                    self.broken.push(format!("{host}: ejected too early: {known:?}"));
                }
                known.ejections = stats.ejections();
                known.ejected_at = Some(now);
            }
            if !stats.is_ejected() {
                known.ejected_at = None;
            }
            let held = known.held_until.is_some_and(|until| now < until);
            if stats.is_held_back() != held {
                self.broken.push(format!("{host}: held back: {}, expected {held}", stats.is_held_back()));
            }
        }
        let ejected = stats.iter().filter(|stats| stats.is_ejected()).count();
        let most = if self.settings.fail_fast { stats.len() } else { stats.len() / 2 };
        self.check(ejected <= most.max(self.ejected), || format!("{ejected} ejected: {stats:?}"));
        if let Some(visit) = self.just_failed.take() {
            self.must_be_ejected(visit);
        }
        self.ejected = ejected;
    }

    pub(crate) fn shown(&self) -> Vec<Shown> {
        let now = Instant::now();
        let shown = self.endpoints.stats().into_iter().map(|stats| {
            let host = stats.address().host().unwrap().to_owned();
            let known = &self.known[&host];
            let over = known.ejected_at.is_some_and(|at| now >= at + self.settings.eject_for);
            Shown {
                host,
                ejected: stats.is_ejected(),
                held: stats.is_held_back(),
                due: over && known.probes == 0,
                in_flight: stats.in_flight(),
            }
        });
        shown.collect()
    }

    /// How much reason a call has to avoid a host: attempts that run there, and how late the last one ended.
    fn rank(&self, call: u64, host: &str) -> (usize, u64) {
        let there = || self.visits.iter().filter(|visit| visit.call == call && visit.host == host);
        let running = there().filter(|visit| visit.ended.is_none()).count();
        (running, there().filter_map(|visit| visit.ended).max().unwrap_or(0))
    }

    /// An attempt of this call goes to this host, of those that were there to choose from.
    pub(crate) fn begin(&mut self, call: u64, host: &str, shown: &[Shown]) -> usize {
        let chosen = shown.iter().find(|shown| shown.host == host).unwrap();
        let open: Vec<_> = shown.iter().filter(|shown| !shown.ejected && !shown.held).collect();
        let due: Vec<_> = shown.iter().filter(|shown| shown.ejected && !shown.held && shown.due).collect();
        let all_out = open.is_empty() && due.is_empty();
        let may = if all_out {
            !self.settings.fail_fast
        } else {
            (!chosen.ejected && !chosen.held) || due.iter().any(|due| due.host == host)
        };
        self.check(may, || format!("{host} is out: {shown:?}"));
        let rank = self.rank(call, host);
        let others = if all_out { shown.iter().collect() } else { open };
        let better = others.iter().any(|other| self.rank(call, &other.host) < rank);
        if better {
            let tried = self.visits.iter().filter(|visit| visit.call == call);
            let tried: Vec<_> = tried.map(|visit| (&visit.host, visit.ended)).collect();
            self.broken.push(format!("call {call} has others left than {host}: {shown:?} {tried:?}"));
        }
        let equal: Vec<_> = others.iter().filter(|other| self.rank(call, &other.host) == rank).collect();
        let busiest = equal.len() > 1
            && equal.iter().all(|other| other.host == host || other.in_flight < chosen.in_flight);
        self.check(!busiest || !due.is_empty(), || format!("{host} is the busiest: {shown:?}"));
        let is_probe = chosen.ejected && chosen.due;
        let known = self.known.get_mut(host).unwrap();
        known.in_flight += 1;
        known.requests += 1;
        known.probes += usize::from(is_probe);
        let incarnation = known.incarnation;
        self.visits.push(Visit { call, host: host.to_owned(), incarnation, is_probe, ended: None });
        self.visits.len() - 1
    }

    pub(crate) fn end(&mut self, visit: usize, outcome: Outcome, held: bool) {
        self.just_failed = (outcome == Outcome::Failure).then_some(visit);
        let visit = &mut self.visits[visit];
        self.ended += 1;
        visit.ended = Some(self.ended);
        let Some(known) = self.known.get_mut(&visit.host) else { return };
        if known.incarnation != visit.incarnation {
            return;
        }
        known.in_flight -= 1;
        known.probes -= usize::from(visit.is_probe);
        match outcome {
            Outcome::Success => (known.successes, known.failures_in_a_row) = (known.successes + 1, 0),
            Outcome::Failure => {
                (known.failures, known.failures_in_a_row) = (known.failures + 1, known.failures_in_a_row + 1);
            }
            Outcome::Nothing => {}
            Outcome::Dropped => known.dropped += 1,
        }
        if let Some(limit) = self.settings.hold_back.filter(|_| held) {
            known.held_until = known.held_until.max(Some(Instant::now() + limit));
        }
    }

    /// A failure that makes enough of them ejects, if there is room.
    fn must_be_ejected(&mut self, visit: usize) {
        let visit = &self.visits[visit];
        let Some(known) = self.known.get(&visit.host) else { return };
        let room = self.settings.fail_fast || 2 * (self.ejected + 1) <= self.known.len();
        let due =
            known.incarnation == visit.incarnation && known.failures_in_a_row >= self.settings.eject_after;
        let ejected = known.ejected_at.is_some();
        let text = format!("not ejected: {visit:?} {known:?}");
        self.check(!(room && due) || ejected, || text);
    }

    /// The layer refused an attempt, and said when it will not.
    pub(crate) fn refused(&mut self, shown: &[Shown], error: &EndpointsOutError) {
        let left = shown.iter().any(|shown| !shown.held && (!shown.ejected || shown.due));
        let now = Instant::now();
        let free_at = |known: &Known| {
            let ejected = known.ejected_at.map(|at| at + self.settings.eject_for);
            ejected.max(known.held_until).filter(|_| known.probes == 0)
        };
        let next = self.known.values().filter_map(free_at).min().map(|at| at - now);
        let right = self.settings.fail_fast && !left && error.retry_in() == next;
        self.check(right && error.endpoints() == shown.len(), || format!("{error:?}, {next:?}: {shown:?}"));
    }

    /// The history of a call names the hosts of its attempts, in the order in which they began.
    pub(crate) fn told(&mut self, call: u64, hosts: &[String]) {
        let visits = self.visits.iter().filter(|visit| visit.call == call);
        let expected: Vec<_> = visits.map(|visit| visit.host.clone()).collect();
        self.check(hosts == expected, || format!("call {call}: told {hosts:?} of {expected:?}"));
    }

    pub(crate) fn at_rest(&mut self) {
        self.agree();
        let stats = self.endpoints.stats();
        self.check(stats.iter().all(|stats| stats.in_flight() == 0), || format!("at rest: {stats:?}"));
    }
}
