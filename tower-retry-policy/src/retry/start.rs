//! When the next attempt of a call starts.

use super::before_retry::{FailedAttempt, Preparing};
use crate::{FailureKind, budget::Grant};
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep_until};

/// What is to start, and the one timer for it.
#[derive(Default)]
pub(super) struct Starts {
    /// The attempt that follows a failed one, with the budget's grant.
    pub(super) replacement: Option<Replacement>,
    /// When the attempt of this number has run long enough; worked out once for each.
    hedge: Option<(u32, Option<Instant>)>,
    hold_until: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

pub(super) struct Replacement {
    /// None where there is no wait.
    due: Option<Instant>,
    grant: Option<Grant>,
    paid: Option<FailureKind>,
    /// A wait of nothing lets others run first: a failure that is there at once would otherwise keep its thread until the
    /// attempts are used up.
    to_yield: bool,
    /// None where there is no hook, or it is done. Boxed, because most layers have none.
    pub(super) preparation: Option<Box<Preparation>>,
}

/// What the hook before a retry has to do with the next attempt.
pub(super) enum Preparation {
    /// It is called when the wait is over.
    Due(FailedAttempt),
    /// Since when it runs.
    Runs(Instant, Preparing),
}

// ===== impl Starts =====

impl Starts {
    /// No attempt starts before this.
    pub(super) fn hold(&mut self, until: Option<Instant>) {
        self.hold_until = self.hold_until.max(until);
        if let Some(replacement) = &mut self.replacement {
            replacement.due = replacement.due.max(until);
        }
    }

    /// When the attempt of this number is to be doubted.
    pub(super) fn hedge_at(&mut self, number: u32, at: impl FnOnce() -> Option<Instant>) -> Option<Instant> {
        let due = match self.hedge {
            Some((of, due)) if of == number => due,
            _ => self.hedge.insert((number, at())).1,
        };
        due.map(|due| self.hold_until.map_or(due, |until| due.max(until)))
    }

    /// The same question at another time, or never again.
    pub(super) fn ask_again(&mut self, at: Option<Instant>) {
        if let Some((_, due)) = &mut self.hedge {
            *due = at;
        }
    }

    pub(super) fn poll_until(&mut self, at: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if timer.deadline() != at {
            timer.as_mut().reset(at);
        }
        timer.as_mut().poll(cx)
    }
}

// ===== impl Replacement =====

impl Replacement {
    pub(super) fn after(
        wait: Duration,
        now: Instant,
        grant: Option<Grant>,
        paid: Option<FailureKind>,
        preparation: Option<Box<Preparation>>,
    ) -> Self {
        let due = (!wait.is_zero()).then(|| later(now, wait));
        Self { due, grant, paid, to_yield: wait.is_zero(), preparation }
    }

    /// The hook is done. It may have taken longer than the wait that has been asked for meanwhile.
    pub(super) fn prepared(&mut self, now: Instant) {
        self.preparation = None;
        self.due = self.due.filter(|due| *due > now);
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    pub(super) fn has_to_yield(&mut self) -> bool {
        std::mem::take(&mut self.to_yield)
    }

    pub(super) fn granted(self) -> (Option<Grant>, Option<FailureKind>) {
        (self.grant, self.paid)
    }
}

/// The end of a wait; one beyond what an instant can tell never ends, as `tokio::time::sleep` has it.
pub(super) fn later(now: Instant, wait: Duration) -> Instant {
    now.checked_add(wait).unwrap_or_else(|| now + Duration::from_secs(86_400 * 365 * 30))
}
