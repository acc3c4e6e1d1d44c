//! tower's `MakeBackoff` and `Backoff`.

use crate::{Backoff, Delays, Draws, Sleep};
use ::tower::retry::backoff as tower;
use std::{fmt, sync::Arc};

/// tower's `MakeBackoff` over a [`Backoff`]: begins a [`BackoffSession`] for each request.
///
/// A drop-in for `ExponentialBackoffMaker` of tower 0.5.3 without two of its faults: there every session of
/// one maker draws the same jitter, and jitter has no effect on a delay of whole seconds. Here each
/// session draws independently, also when the maker itself was cloned in between, as tower's retry clones the policy
/// that holds it.
///
/// ```
/// use std::time::Duration;
/// use tower::retry::backoff::{Backoff as _, MakeBackoff as _};
/// use tower_backoff::{Backoff, BackoffMaker, Jitter};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let backoff = Backoff::exponential(Duration::from_millis(100)).jitter(Jitter::Full);
/// let mut maker = BackoffMaker::new(backoff);
///
/// let mut session = maker.make_backoff();
/// session.next_backoff().await; // up to 100 ms
/// session.next_backoff().await; // up to 200 ms
/// # }
/// ```
#[derive(Clone)]
pub struct BackoffMaker {
    shared: Arc<Shared>,
}

/// tower's `Backoff`: the waits of one request.
///
/// A clone is a *new* session, with its own random numbers and from the first delay on: this is what
/// tower's trait asks of `Clone`, and what lets a policy that holds a session be cloned for each request.
pub struct BackoffSession {
    shared: Arc<Shared>,
    delays: Delays,
}

struct Shared {
    backoff: Backoff,
    /// The seed of each session.
    seeds: Draws,
}

// ===== impl Shared =====

impl Shared {
    fn session(self: &Arc<Self>) -> BackoffSession {
        BackoffSession { shared: Arc::clone(self), delays: self.backoff.delays(self.seeds.draw()) }
    }
}

// ===== impl BackoffMaker =====

impl BackoffMaker {
    /// A maker whose sessions nobody can foresee or repeat.
    #[must_use]
    pub fn new(backoff: Backoff) -> Self {
        Self::drawing(backoff, Draws::from_entropy())
    }

    /// A maker whose n-th session always waits for the same times; clones of the maker count together.
    #[must_use]
    pub fn seeded(backoff: Backoff, seed: u64) -> Self {
        Self::drawing(backoff, Draws::seeded(seed))
    }

    fn drawing(backoff: Backoff, seeds: Draws) -> Self {
        Self { shared: Arc::new(Shared { backoff, seeds }) }
    }

    /// What the sessions wait for.
    pub fn backoff(&self) -> &Backoff {
        &self.shared.backoff
    }
}

impl From<Backoff> for BackoffMaker {
    fn from(backoff: Backoff) -> Self {
        Self::new(backoff)
    }
}

impl tower::MakeBackoff for BackoffMaker {
    type Backoff = BackoffSession;

    fn make_backoff(&mut self) -> BackoffSession {
        self.shared.session()
    }
}

impl fmt::Debug for BackoffMaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackoffMaker").field("backoff", &self.shared.backoff).finish_non_exhaustive()
    }
}

// ===== impl BackoffSession =====

impl tower::Backoff for BackoffSession {
    type Future = Sleep;

    fn next_backoff(&mut self) -> Sleep {
        Sleep::new(self.delays.next_delay())
    }
}

impl Clone for BackoffSession {
    fn clone(&self) -> Self {
        self.shared.session()
    }
}

impl fmt::Debug for BackoffSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackoffSession")
            .field("backoff", &self.shared.backoff)
            .field("retries", &self.delays.retries())
            .finish_non_exhaustive()
    }
}
