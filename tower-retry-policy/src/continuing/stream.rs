use super::{broken::Broken, story::Beginning};
use crate::{AttemptNumber, RetryPolicy, Wait};
use http::{Extensions, response::Parts};
use std::{fmt, time::Duration};
use tokio::time::Instant;
use tower::BoxError;
use tower_content_check::continuation::{Break, ContinueStream};

/// What a [`RetryPolicy`] knows of one body: nothing, until it breaks off. See the [module](super).
pub struct PolicyStream {
    policy: RetryPolicy,
    beginning: Beginning,
    broken: Option<Box<Broken>>,
}

// ===== impl PolicyStream =====

impl PolicyStream {
    pub(super) fn new(policy: RetryPolicy, response: &Parts) -> Self {
        Self { policy, beginning: Beginning::of(response, Instant::now()), broken: None }
    }
}

impl ContinueStream for PolicyStream {
    type Wait = Wait;

    fn broke(&mut self, broke: &Break<'_>) -> Result<Wait, BoxError> {
        let now = Instant::now();
        let open = || Box::new(Broken::new(&self.policy, broke.request(), &self.beginning, now));
        let wait = self.broken.get_or_insert_with(open).broke(broke, now)?;
        Ok(Wait::new(wait))
    }

    fn prepare(&mut self, extensions: &mut Extensions) {
        let Some(broken) = &mut self.broken else { return };
        if broken.connection_broke() {
            extensions.insert(AttemptNumber::new(1, true));
        }
        extensions.insert(broken.asks(Instant::now()));
    }

    fn answered(&mut self, answer: Result<&Parts, &BoxError>) {
        let Some(broken) = &mut self.broken else { return };
        match answer {
            Ok(head) => broken.answered(head),
            Err(error) => broken.unanswered(&**error),
        }
    }

    fn waited(&self) -> Duration {
        self.broken.as_ref().map_or(Duration::ZERO, |broken| broken.waited())
    }

    fn ended(&mut self, error: Option<&BoxError>) {
        if let Some(broken) = self.broken.take() {
            broken.ended(error.map(|error| &**error as _), Instant::now());
        }
    }
}

impl Drop for PolicyStream {
    /// The reader has gone away.
    fn drop(&mut self) {
        if let Some(broken) = self.broken.take() {
            broken.abandoned(Instant::now());
        }
    }
}

impl fmt::Debug for PolicyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyStream")
            .field("policy", &self.policy)
            .field("broken", &self.broken.is_some())
            .finish_non_exhaustive()
    }
}
