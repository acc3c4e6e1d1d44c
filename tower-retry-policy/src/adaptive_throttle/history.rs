//! What became of the requests of the window.

use crate::budget::{Clock, SlidingCount, TokioClock};
use std::{fmt, sync::Arc, time::Duration};

/// The counts that all clones of a service share.
pub(super) struct History {
    accepts: SlidingCount,
    /// Those that were not accepted. Each request is in one count or the other, and enters it when it is over: were
    /// it counted when it is sent and its accept when it ends, all that are in flight would look refused.
    refusals: SlidingCount,
    clock: Arc<dyn Clock>,
    /// Millionths.
    multiplier: u64,
    window: Duration,
}

impl History {
    pub(super) fn new(multiplier: f64, window: Duration, clock: Arc<dyn Clock>) -> Self {
        // Less than 1 would reject what the server accepts; the clamp leaves what is no number, which
        // the cast takes to 0 and so to 1 at least.
        let multiplier = ((multiplier.clamp(1.0, 1e6) * 1e6).round() as u64).max(1_000_000);
        let [accepts, refusals] = [(); 2].map(|()| SlidingCount::new(window));
        Self { accepts, refusals, clock, multiplier, window }
    }

    pub(super) fn with_defaults() -> Self {
        Self::new(2.0, Duration::from_secs(120), Arc::new(TokioClock::new()))
    }

    pub(super) fn multiplier(&self) -> f64 {
        self.multiplier as f64 / 1e6
    }

    pub(super) fn window(&self) -> Duration {
        self.window
    }

    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// Says with which counts of requests and accepts a request is rejected, if it is, and counts it then. The number
    /// is drawn evenly from all.
    pub(super) fn ask(&self, random: u64) -> Result<(), (u64, u64)> {
        let now = self.clock.now();
        let (requests, accepts) = self.counts(now);
        if !rejects(requests, accepts, self.multiplier, random) {
            return Ok(());
        }
        // A rejected request counts as well: only then does the probability tend to what Google states.
        self.refusals.add(now);
        Err((requests, accepts))
    }

    /// A request that was sent is over.
    pub(super) fn ended(&self, accepted: bool) {
        let count = if accepted { &self.accepts } else { &self.refusals };
        count.add(self.clock.now());
    }

    /// Requests and accepts.
    fn counts(&self, now: Duration) -> (u64, u64) {
        let accepts = self.accepts.count(now);
        (accepts + self.refusals.count(now), accepts)
    }
}

/// Whether `random / 2^64 < (requests - K * accepts) / (requests + 1)`.
fn rejects(requests: u64, accepts: u64, multiplier: u64, random: u64) -> bool {
    let million = 1_000_000_u128;
    let surplus =
        (u128::from(requests) * million).saturating_sub(u128::from(accepts) * u128::from(multiplier));
    // The product of a random number of 32 bits and a count in millionths fits into 128 bits.
    let chance = u128::from(random >> 32) * (u128::from(requests) + 1) * million;
    chance < surplus << 32
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (requests, accepts) = self.counts(self.clock.now());
        f.debug_struct("History")
            .field("multiplier", &self.multiplier())
            .field("window", &self.window)
            .field("requests", &requests)
            .field("accepts", &accepts)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::rejects;

    #[test]
    fn the_probability_is_the_formula() {
        let rows = [(0, 0), (1, 0), (10, 5), (10, 4), (100, 10), (1000, 0), (1000, 499), (u64::MAX >> 1, 0)];
        for (requests, accepts) in rows {
            for multiplier in [1_000_000_u32, 1_100_000, 2_000_000] {
                let factor = f64::from(multiplier) / 1e6;
                let expected =
                    ((requests as f64 - factor * accepts as f64) / (requests as f64 + 1.0)).max(0.0);
                let draws = 10_000_u64;
                let rejected = (0..draws)
                    .filter(|draw| rejects(requests, accepts, multiplier.into(), draw * (u64::MAX / draws)))
                    .count();
                let found = rejected as f64 / draws as f64;
                assert!((found - expected).abs() < 2e-4, "{requests} {accepts} {factor}: {found} {expected}");
            }
        }
    }

    #[test]
    fn nothing_is_rejected_while_the_server_accepts_one_in_k() {
        for requests in [0, 1, 2, 100, 1_000_000] {
            assert!(!rejects(requests, requests.div_ceil(2), 2_000_000, 0));
        }
    }
}
