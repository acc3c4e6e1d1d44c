use crate::{attempt_timeout::AttemptTimeouts, limits::recommended};
use std::time::Duration;

/// The times of a call, as far as they were set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    deadline: Duration,
    attempt: Option<AttemptTimeouts>,
}

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

    pub(super) fn attempt(self) -> AttemptTimeouts {
        self.attempt.unwrap_or_else(|| recommended::attempt_within(self.deadline))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { deadline: recommended::DEADLINE, attempt: None }
    }
}
