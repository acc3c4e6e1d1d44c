//! What the attempts of one call know of each other.

use super::address::Address;
use http::Uri;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Request extension: the endpoints that the attempts of this call were sent to. All attempts share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tried {
    visits: Arc<Mutex<Visits>>,
}

#[derive(Debug, Default)]
pub(super) struct Visits {
    places: Vec<Place>,
    /// Attempts that have ended.
    ended: u64,
    /// The endpoint of each attempt, as long as the history keeps it.
    attempts: Vec<(u32, Arc<Address>)>,
}

#[derive(Debug)]
struct Place {
    address: Arc<Address>,
    running: u32,
    /// The number of attempts that had ended when the latest one here did.
    ended: u64,
}

/// How much an endpoint is to be avoided: nothing where no attempt was, then the one that failed longest ago, then those
/// where attempts run.
pub(super) type Rank = (u32, u64);

/// As many attempts at each end as the history keeps.
const AT_EACH_END: usize = 16;

// ===== impl Tried =====

impl Tried {
    pub(super) fn lock(&self) -> MutexGuard<'_, Visits> {
        // nothing in here panics half-way
        self.visits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the attempt of this number was sent.
    pub(crate) fn endpoint(&self, number: u32) -> Option<Uri> {
        let visits = self.lock();
        let attempt = visits.attempts.iter().rev().find(|(of, _)| *of == number);
        attempt.map(|(_, address)| address.uri().clone())
    }
}

// ===== impl Visits =====

impl Visits {
    pub(super) fn rank(&self, address: &Address) -> Rank {
        self.places
            .iter()
            .find(|place| *place.address == *address)
            .map_or((0, 0), |place| (place.running, place.ended))
    }

    pub(super) fn started(&mut self, address: &Arc<Address>, number: u32) {
        if self.attempts.len() == 2 * AT_EACH_END {
            self.attempts.remove(AT_EACH_END);
        }
        self.attempts.push((number, Arc::clone(address)));
        match self.places.iter_mut().find(|place| place.address == *address) {
            Some(place) => place.running += 1,
            None => self.places.push(Place { address: Arc::clone(address), running: 1, ended: 0 }),
        }
    }

    pub(super) fn ended(&mut self, address: &Address) {
        self.ended += 1;
        if let Some(place) = self.places.iter_mut().find(|place| *place.address == *address) {
            place.running = place.running.saturating_sub(1);
            place.ended = self.ended;
        }
    }
}
