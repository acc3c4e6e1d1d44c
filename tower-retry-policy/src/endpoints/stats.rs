use super::list::{Counts, Entry};
use http::Uri;
use std::{fmt, sync::Arc};
use tokio::time::Instant;

/// What has happened at one endpoint since it came onto the list: made by [`Endpoints::stats`](super::Endpoints::stats).
#[derive(Clone)]
pub struct EndpointStats {
    address: Arc<super::address::Address>,
    counts: Counts,
    is_ejected: bool,
    is_held_back: bool,
    balance: Option<u64>,
}

// ===== impl EndpointStats =====

impl EndpointStats {
    pub(super) fn of(entry: &Entry, now: Instant) -> Self {
        Self {
            address: Arc::clone(&entry.address),
            counts: entry.counts,
            is_ejected: entry.health.is_ejected(),
            is_held_back: entry.health.is_held(now),
            balance: entry.budget.as_ref().map(|budget| budget.balance()),
        }
    }

    /// Its base address.
    pub fn address(&self) -> &Uri {
        self.address.uri()
    }

    /// Attempts that have been sent there, or wait for the inner service to be ready, and have not ended.
    pub fn in_flight(&self) -> usize {
        self.counts.in_flight
    }

    /// Attempts that were begun.
    pub fn requests(&self) -> u64 {
        self.counts.requests
    }

    /// Attempts that showed that it does its work.
    pub fn successes(&self) -> u64 {
        self.counts.successes
    }

    /// Attempts that count against it, see [`EndpointsLayer`](super::EndpointsLayer#what-counts-as-a-failure).
    pub fn failures(&self) -> u64 {
        self.counts.failures
    }

    /// Attempts that were dropped before they ended: hedges that lost, and callers that went away. Many of them beside few
    /// successes are a sign of a slow endpoint; nothing is ejected because of them.
    pub fn dropped(&self) -> u64 {
        self.counts.dropped
    }

    /// How often it was ejected.
    pub fn ejections(&self) -> u64 {
        self.counts.ejections
    }

    /// How many further attempts its own [budget](super::EndpointsLayer::budget_each) would grant now, once it was asked.
    pub fn budget_balance(&self) -> Option<u64> {
        self.balance
    }

    /// Whether it is ejected now, or to be probed.
    pub fn is_ejected(&self) -> bool {
        self.is_ejected
    }

    /// Whether a `Retry-After` holds requests back now.
    pub fn is_held_back(&self) -> bool {
        self.is_held_back
    }
}

impl fmt::Debug for EndpointStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndpointStats")
            .field("address", self.address())
            .field("counts", &self.counts)
            .field("is_ejected", &self.is_ejected)
            .field("is_held_back", &self.is_held_back)
            .finish()
    }
}
