use crate::attempt_timeout::AttemptTimeouts;
use std::time::Duration;

/// The times of a call, as far as they were set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    deadline: Duration,
    attempt: Option<AttemptTimeouts>,
}

/// What most callers are ready to wait; a third of it is time for three attempts.
const DEADLINE: Duration = Duration::from_secs(30);

// ===== impl Limits =====

impl Limits {
    pub(super) fn within(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    pub(super) fn attempt_within(self, attempt: AttemptTimeouts) -> Self {
        Self { attempt: Some(attempt), ..self }
    }

    pub(super) fn deadline(self) -> Duration {
        self.deadline
    }

    /// Those of an attempt follow the deadline, so that a server that hangs leaves time for two attempts more.
    pub(super) fn attempt(self) -> AttemptTimeouts {
        let silence = self.deadline / 6;
        let derived = || AttemptTimeouts::new().head(silence).idle(silence).total(self.deadline / 3);
        self.attempt.unwrap_or_else(derived)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { deadline: DEADLINE, attempt: None }
    }
}
