//! The endpoints with all that is known of them, behind one lock.

use super::{
    EndpointStats, EndpointsOutError,
    address::Address,
    charge::Charge,
    choice::choose,
    health::{Begun, Health},
    outcome::Outcome,
    settings::Settings,
    tried::Visits,
};
use crate::RetryBudget;
use std::{mem, sync::Arc, time::Duration};
use tokio::time::Instant;

#[derive(Debug, Default)]
pub(super) struct List {
    entries: Vec<Entry>,
    visits: u64,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) address: Arc<Address>,
    pub(super) health: Health,
    pub(super) counts: Counts,
    /// Made when it is first asked.
    pub(super) budget: Option<Arc<dyn RetryBudget>>,
}

/// An attempt that starts.
pub(super) struct Start {
    pub(super) address: Arc<Address>,
    pub(super) begun: Begun,
    pub(super) charge: Option<Charge>,
}

/// What has happened at an endpoint.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) in_flight: usize,
    pub(super) requests: u64,
    pub(super) successes: u64,
    pub(super) failures: u64,
    pub(super) dropped: u64,
    pub(super) ejections: u64,
}

// ===== impl List =====

impl List {
    /// What is known is kept of those that stay.
    pub(super) fn set(&mut self, addresses: Vec<Address>) {
        let mut before = mem::take(&mut self.entries);
        for address in addresses {
            if self.entries.iter().any(|entry| *entry.address == address) {
                continue;
            }
            let known = before.iter().position(|entry| *entry.address == address);
            self.entries.push(known.map_or_else(|| Entry::new(address), |at| before.swap_remove(at)));
        }
    }

    pub(super) fn stats(&self, now: Instant) -> Vec<EndpointStats> {
        self.entries.iter().map(|entry| EndpointStats::of(entry, now)).collect()
    }

    /// Chooses the endpoint of the attempt of this number.
    pub(super) fn start(
        &mut self,
        settings: &Settings,
        number: u32,
        visits: Option<&mut Visits>,
        now: Instant,
    ) -> Result<Start, EndpointsOutError> {
        let all = self.entries.len();
        let all_out = !self.entries.iter().any(|entry| entry.health.is_available(now));
        if all_out && settings.fail_fast {
            let at = self.entries.iter().filter_map(|entry| entry.health.available_at()).min();
            let retry_in = at.map(|at| at.saturating_duration_since(now));
            return Err(EndpointsOutError::new(all, retry_in));
        }
        let mut spent: Vec<Arc<Address>> = Vec::new();
        loop {
            // with all of them out nothing is known of any, so any is better than none
            let may_be = |entry: &Entry| {
                (all_out || entry.health.is_available(now))
                    && !spent.iter().any(|spent| Arc::ptr_eq(spent, &entry.address))
            };
            let Some(entry) = choose(&mut self.entries, may_be, visits.as_deref(), &settings.draws) else {
                return Err(EndpointsOutError::spent(all));
            };
            let charge = match &settings.budget {
                None => None,
                Some(make) => match Charge::open(make, entry, number, now) {
                    None => {
                        spent.push(Arc::clone(&entry.address));
                        continue;
                    }
                    charge => charge,
                },
            };
            self.visits += 1;
            entry.counts.in_flight += 1;
            entry.counts.requests += 1;
            if let Some(visits) = visits {
                visits.started(&entry.address, number);
            }
            let (address, begun) = (Arc::clone(&entry.address), entry.health.begin(self.visits, now));
            return Ok(Start { address, begun, charge });
        }
    }

    /// The end of a visit: its outcome, unless it was dropped. An endpoint that has left the list is forgotten, and a new
    /// one with its name has nothing to do with it.
    pub(super) fn end(
        &mut self,
        address: &Arc<Address>,
        begun: Begun,
        ended: Option<(Outcome, Option<Duration>)>,
        settings: &Settings,
        now: Instant,
    ) {
        let ejected = self.entries.iter().filter(|entry| entry.health.is_ejected()).count();
        let has_room = ejected < settings.most_ejected(self.entries.len());
        let entry = self.entries.iter_mut().find(|entry| Arc::ptr_eq(&entry.address, address));
        let Some(Entry { health, counts, .. }) = entry else { return };
        counts.in_flight = counts.in_flight.saturating_sub(1);
        let (outcome, hold) = ended.unwrap_or((Outcome::Nothing, None));
        counts.dropped += u64::from(ended.is_none());
        counts.successes += u64::from(outcome == Outcome::Success);
        counts.failures += u64::from(outcome == Outcome::Failure);
        counts.ejections += u64::from(health.end(begun, outcome, settings, has_room, now));
        if let Some(hold) = hold {
            health.hold(hold, now);
        }
    }
}

// ===== impl Entry =====

impl Entry {
    fn new(address: Address) -> Self {
        Self {
            address: Arc::new(address),
            health: Health::default(),
            counts: Counts::default(),
            budget: None,
        }
    }
}
