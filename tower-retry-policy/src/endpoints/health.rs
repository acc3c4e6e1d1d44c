use super::{outcome::Outcome, settings::Settings};
use std::time::Duration;
use tokio::time::Instant;

/// What is known of an endpoint's state.
#[derive(Debug, Default)]
pub(super) struct Health {
    failures_in_a_row: u32,
    ejections_in_a_row: u32,
    ejected: Option<Ejected>,
    held_until: Option<Instant>,
}

#[derive(Debug)]
struct Ejected {
    until: Instant,
    /// The visit that finds out whether it is well again.
    probe: Option<u64>,
}

/// How a visit began, for its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begun {
    pub(super) id: u64,
    /// It was ejected when the visit began, so a success says that it no longer should be.
    while_ejected: bool,
}

// ===== impl Health =====

impl Health {
    pub(super) fn is_ejected(&self) -> bool {
        self.ejected.is_some()
    }

    pub(super) fn is_held(&self, now: Instant) -> bool {
        self.held_until.is_some_and(|until| until > now)
    }

    /// Whether it may be sent to: as ever, or as a probe.
    pub(super) fn is_available(&self, now: Instant) -> bool {
        let ejected =
            self.ejected.as_ref().is_some_and(|ejected| ejected.until > now || ejected.probe.is_some());
        !ejected && !self.is_held(now)
    }

    /// When it may be sent to, unless a probe has to tell.
    pub(super) fn available_at(&self) -> Option<Instant> {
        match &self.ejected {
            Some(Ejected { probe: Some(_), .. }) => None,
            Some(Ejected { until, probe: None }) => {
                Some(self.held_until.map_or(*until, |held| held.max(*until)))
            }
            None => self.held_until,
        }
    }

    pub(super) fn begin(&mut self, id: u64, now: Instant) -> Begun {
        if let Some(ejected) = &mut self.ejected
            && ejected.until <= now
        {
            ejected.probe.get_or_insert(id);
        }
        Begun { id, while_ejected: self.is_ejected() }
    }

    /// The end of a visit; nothing is known of one that was dropped. Whether it was ejected because of it.
    pub(super) fn end(
        &mut self,
        begun: Begun,
        outcome: Outcome,
        settings: &Settings,
        has_room: bool,
        now: Instant,
    ) -> bool {
        let probe =
            self.ejected.as_mut().and_then(|ejected| ejected.probe.take_if(|probe| *probe == begun.id));
        match outcome {
            Outcome::Nothing => false,
            Outcome::Success => {
                self.failures_in_a_row = 0;
                if begun.while_ejected {
                    self.ejected = None;
                    self.ejections_in_a_row = 0;
                }
                false
            }
            Outcome::Failure => {
                self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
                let enough = settings.eject_after.is_some_and(|after| self.failures_in_a_row >= after);
                let ejects = probe.is_some() || (self.ejected.is_none() && enough && has_room);
                if ejects {
                    self.eject(settings, now);
                }
                ejects
            }
        }
    }

    fn eject(&mut self, settings: &Settings, now: Instant) {
        self.failures_in_a_row = 0;
        self.ejections_in_a_row = self.ejections_in_a_row.saturating_add(1);
        let time = settings.eject_for.delay(self.ejections_in_a_row, settings.draws.draw());
        self.ejected = Some(Ejected { until: later(now, time), probe: None });
    }

    pub(super) fn hold(&mut self, time: Duration, now: Instant) {
        self.held_until = self.held_until.max(Some(later(now, time)));
    }
}

/// What is beyond an instant is as good as never.
fn later(now: Instant, time: Duration) -> Instant {
    now.checked_add(time).unwrap_or_else(|| now + Duration::from_secs(86_400 * 365 * 30))
}
