//! Holding a call and its response's body to limits; the attempt timeout and the deadline differ in their errors only.

mod body;
mod call;
mod expired;
mod timer;

use std::time::Duration;

use tokio::time::Instant;

pub(crate) use self::{
    body::WatchedBody,
    call::WatchedCall,
    expired::{Expired, Limit},
};
use super::AttemptTimeouts;
use crate::deadline::Deadline;

/// The limits of one call, and since when they count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    timeouts: AttemptTimeouts,
    deadline: Option<Deadline>,
    /// Read at the first wait: a call that never waits reads no clock.
    started: Option<Instant>,
}

/// One limit as it stands: when it passes, which it is, and how long it allowed.
type Candidate = Option<(Instant, Limit, Duration)>;

// ===== impl Watch =====

impl Watch {
    /// Begins a call, unless its deadline has passed: a request that nobody can await any more is not sent.
    pub(crate) fn begin(timeouts: AttemptTimeouts, deadline: Option<Deadline>) -> Result<Self, Expired> {
        match deadline {
            Some(deadline) => Self::begin_at(Instant::now(), timeouts, deadline),
            None => Ok(Self { timeouts, deadline, started: None }),
        }
    }

    /// Begins a call at `now`, unless its deadline has passed.
    pub(crate) fn begin_at(
        now: Instant,
        timeouts: AttemptTimeouts,
        deadline: Deadline,
    ) -> Result<Self, Expired> {
        if deadline.instant() <= now {
            return Err(Expired { limit: Limit::DeadlineBeforeCall, allowed: Duration::ZERO });
        }
        Ok(Self { timeouts, deadline: Some(deadline), started: Some(now) })
    }

    /// The first limit to pass while the head is awaited, if there is one.
    fn before_head(&mut self) -> Candidate {
        let head = self.timeouts.head_limit();
        if head.is_none() && !self.is_bounded() {
            return None;
        }
        let started = self.started();
        let head = head.map(|limit| (after(started, limit), Limit::Head, limit));
        earlier(head, self.whole(started, Limit::TotalBeforeHead, Limit::DeadlineBeforeHead))
    }

    /// The first limit to pass while a frame is awaited since `waiting`, if there is one.
    fn in_body(&mut self, waiting: Instant) -> Candidate {
        let idle = self.timeouts.idle_limit().map(|limit| (after(waiting, limit), Limit::Idle, limit));
        let started = *self.started.get_or_insert(waiting);
        earlier(idle, self.whole(started, Limit::TotalInBody, Limit::DeadlineInBody))
    }

    /// Whether a wait in the body can end by a limit.
    fn watches_body(&self) -> bool {
        self.timeouts.idle_limit().is_some() || self.is_bounded()
    }

    fn is_bounded(&self) -> bool {
        self.timeouts.total_limit().is_some() || self.deadline.is_some()
    }

    fn started(&mut self) -> Instant {
        *self.started.get_or_insert_with(Instant::now)
    }

    fn whole(&self, started: Instant, total: Limit, deadline: Limit) -> Candidate {
        earlier(
            self.timeouts.total_limit().map(|limit| (after(started, limit), total, limit)),
            self.deadline.map(|end| {
                let end = end.instant();
                (end, deadline, end.saturating_duration_since(started))
            }),
        )
    }
}

/// The earlier one; of two at the same instant the first, which is why the narrower limit is named first.
fn earlier(first: Candidate, second: Candidate) -> Candidate {
    match (first, second) {
        (Some(a), Some(b)) => Some(if b.0 < a.0 { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// `limit` after `start`, without overflow.
pub(crate) fn after(start: Instant, limit: Duration) -> Instant {
    // Tokio's own choice for a timer that is as good as none: its wheel and the platform's instants end somewhere.
    const FAR_FUTURE: Duration = Duration::from_secs(86_400 * 365 * 30);
    start + limit.min(FAR_FUTURE)
}
