use super::{Allowance, AttemptTimeouts, Cause, Deadline, Expired, Sending};
use http::Extensions;
use tokio::time::Instant;

/// The limits of one call, and since when they count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    timeouts: AttemptTimeouts,
    /// What was left until the deadline when the call began.
    deadline: Allowance,
    /// Without a deadline read at the first wait: a call that never waits reads no clock.
    started: Option<Instant>,
}

// ===== impl Watch =====

impl Watch {
    /// Begins a call without a deadline.
    #[inline]
    pub(crate) fn begin(timeouts: AttemptTimeouts) -> Self {
        Self { timeouts, deadline: Allowance::UNLIMITED, started: None }
    }

    /// Begins a call with the limits that its request brings, or else the `usual` ones, unless its deadline has
    /// passed: a request that nobody can await any more is not sent.
    #[inline(never)]
    pub(crate) fn begin_with(extensions: &Extensions, usual: AttemptTimeouts) -> Result<Self, Expired> {
        let timeouts = extensions.get().copied().unwrap_or(usual);
        match extensions.get() {
            Some(&deadline) => Self::begin_at(Instant::now(), timeouts, deadline),
            None => Ok(Self::begin(timeouts)),
        }
    }

    /// Begins a call at `now`, unless its deadline has passed.
    pub(crate) fn begin_at(
        now: Instant,
        timeouts: AttemptTimeouts,
        deadline: Deadline,
    ) -> Result<Self, Expired> {
        let left = deadline.instant().saturating_duration_since(now);
        if left.is_zero() {
            return Err(Expired { cause: Cause::DeadlineBeforeCall, allowed: left });
        }
        Ok(Self { timeouts, deadline: Allowance::new(left), started: Some(now) })
    }

    /// When the wait for the head ends, if it has to, and whether that is at once; a wait that nothing can end reads no
    /// clock.
    pub(super) fn head_end(&mut self) -> Option<(Instant, bool)> {
        let strictest = self.timeouts.head.min(self.strictest());
        if strictest.is_unlimited() {
            return None;
        }
        let end = strictest.after(*self.started.get_or_insert_with(Instant::now))?;
        Some((end, strictest.is_zero()))
    }

    /// Whether the head has a limit of its own.
    #[inline]
    pub(crate) fn limits_head(&self) -> bool {
        !self.timeouts.head.is_unlimited()
    }

    /// When the wait for the head ends in a call whose request's body is on its way, and by which limit. The head's own counts
    /// from when the server was last waited for; of two at the same instant, the narrower.
    pub(super) fn end_while(&self, sending: &Sending) -> Option<(Instant, Expired)> {
        let started = self.started?;
        let head = self.timeouts.head.after(sending.server_since(started));
        let head = head.map(|end| (end, Expired::new(Cause::Head, self.timeouts.head)));
        let call = self.strictest().after(started);
        let call =
            call.map(|end| (end, self.call_expired(Cause::TotalBeforeHead, Cause::DeadlineBeforeHead)));
        match (head, call) {
            (Some((head, _)), Some((end, expired))) if end < head => Some((end, expired)),
            (head, call) => head.or(call),
        }
    }

    /// Whether a wait in the body can end by a limit.
    pub(super) fn watches_body(&self) -> bool {
        !self.timeouts.idle.min(self.strictest()).is_unlimited()
    }

    /// When the call ends, whatever it waits for; counted from `now` if it has not waited yet.
    pub(super) fn call_end(&mut self, now: Instant) -> Option<Instant> {
        self.strictest().after(*self.started.get_or_insert(now))
    }

    /// When the wait for a frame ends that began at `since`, in a call that ends at `call_end`.
    pub(super) fn frame_end(&self, since: Instant, call_end: Option<Instant>) -> Option<Instant> {
        match (self.timeouts.idle.after(since), call_end) {
            (Some(idle), Some(call)) => Some(idle.min(call)),
            (idle, call) => idle.or(call),
        }
    }

    /// What is allowed for the call as a whole.
    fn strictest(&self) -> Allowance {
        self.timeouts.total.min(self.deadline)
    }

    /// Which limit ended the wait for the head. Of several at the same instant, the narrowest.
    pub(super) fn head_expired(&self) -> Expired {
        if self.timeouts.head <= self.strictest() {
            Expired::new(Cause::Head, self.timeouts.head)
        } else {
            self.call_expired(Cause::TotalBeforeHead, Cause::DeadlineBeforeHead)
        }
    }

    /// Which limit ended a wait for a frame that began at `since`, in a call that ends at `call_end`.
    pub(super) fn frame_expired(&self, since: Instant, call_end: Option<Instant>) -> Expired {
        match (self.timeouts.idle.after(since), call_end) {
            (None, _) => self.call_expired(Cause::TotalInBody, Cause::DeadlineInBody),
            (Some(idle), Some(call)) if call < idle => {
                self.call_expired(Cause::TotalInBody, Cause::DeadlineInBody)
            }
            (Some(_), _) => Expired::new(Cause::Idle, self.timeouts.idle),
        }
    }

    fn call_expired(&self, total: Cause, deadline: Cause) -> Expired {
        if self.timeouts.total <= self.deadline {
            Expired::new(total, self.timeouts.total)
        } else {
            Expired::new(deadline, self.deadline)
        }
    }
}
