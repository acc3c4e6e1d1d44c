use super::charge::MakeBudget;
use std::time::Duration;
use tower_backoff::{Backoff, Draws, Jitter};

#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// Consecutive failures; none never ejects.
    pub(super) eject_after: Option<u32>,
    pub(super) eject_for: Backoff,
    pub(super) fail_fast: bool,
    /// `Retry-After` holds an endpoint back for this long at most.
    pub(super) hold_back: Option<Duration>,
    /// A budget for each endpoint.
    pub(super) budget: Option<MakeBudget>,
    pub(super) draws: Draws,
}

// ===== impl Settings =====

impl Settings {
    /// How many of so many endpoints may be ejected at once.
    pub(super) const fn most_ejected(&self, of: usize) -> usize {
        if self.fail_fast { of } else { of / 2 }
    }
}

impl Default for Settings {
    fn default() -> Self {
        let eject_for = Backoff::exponential(Duration::from_secs(10))
            .cap(Duration::from_secs(300))
            // less than half of it would be hammering, and a whole one would let clients probe in step
            .jitter(Jitter::Equal);
        Self {
            eject_after: Some(5),
            eject_for,
            fail_fast: false,
            hold_back: None,
            budget: None,
            draws: Draws::from_entropy(),
        }
    }
}
