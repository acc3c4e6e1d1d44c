use super::{Detail, RetryError, Seconds, cause_text};
use crate::{Phase, one_line::OneLine, target::Target};
use http::{StatusCode, Uri};
use std::{error::Error, fmt, sync::Arc, time::Duration};

/// One attempt of a [`History`](super::History).
///
/// What it prints is one line of bounded length, like a history.
#[derive(Clone)]
pub struct AttemptRecord {
    pub(crate) number: u32,
    pub(crate) phase: Option<Phase>,
    pub(crate) status: Option<StatusCode>,
    pub(crate) grpc_status: Option<u32>,
    pub(crate) error: Option<Arc<dyn Error + Send + Sync>>,
    pub(crate) began: Duration,
    pub(crate) took: Duration,
    pub(crate) wait: Option<RetryWait>,
    pub(crate) abandoned: bool,
    /// Boxed, because few calls have one and a history keeps many records.
    pub(crate) endpoint: Option<Box<Uri>>,
}

/// How long the policy waited before the next attempt, and who asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryWait {
    pub(crate) duration: Duration,
    pub(crate) asked_by_server: bool,
}

// ===== impl AttemptRecord =====

impl AttemptRecord {
    /// Which attempt it was; the first send is 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Whether it still ran when the call ended: another attempt brought the outcome, or the caller went away.
    pub fn is_abandoned(&self) -> bool {
        self.abandoned
    }

    /// How far it got; `None` for success, and for one that was [abandoned](Self::is_abandoned).
    pub fn phase(&self) -> Option<Phase> {
        self.phase
    }

    /// The response's status, where there was a response.
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// The `grpc-status` in the head of a response that failed by it, see
    /// [`RetryPolicy::grpc`](crate::RetryPolicy::grpc).
    pub fn grpc_status(&self) -> Option<u32> {
        self.grpc_status
    }

    /// The error, where the attempt ended with one.
    pub fn error(&self) -> Option<&(dyn Error + 'static)> {
        self.error.as_deref().map(|error| error as &(dyn Error + 'static))
    }

    /// When it began, counted from the first send.
    pub fn began(&self) -> Duration {
        self.began
    }

    /// How long it took.
    pub fn took(&self) -> Duration {
        self.took
    }

    /// The wait between its end and the next attempt; `None` for the last attempt.
    pub fn wait(&self) -> Option<RetryWait> {
        self.wait
    }

    /// The base address that it was sent to, where [`endpoints`](crate::endpoints) were to choose from.
    pub fn endpoint(&self) -> Option<&Uri> {
        self.endpoint.as_deref()
    }

    pub(super) fn tell(&self, f: &mut fmt::Formatter<'_>, detail: Detail) -> fmt::Result {
        match (self.grpc_status, self.status, self.error(), self.phase, detail) {
            (Some(code), ..) => write!(f, "grpc-status {code}")?,
            (None, Some(status), ..) => write!(f, "{}", status.as_u16())?,
            (None, None, Some(error), _, Detail::Texts) => write!(f, "{}", OneLine(&text(error)))?,
            (None, None, _, Some(phase), _) => write!(f, "{phase}")?,
            (None, None, _, None, _) => write!(f, "abandoned after {}", Seconds(self.took))?,
        }
        if let Some(endpoint) = self.endpoint() {
            write!(f, " at {}", Target(endpoint))?;
        }
        match self.wait {
            Some(wait) if wait.duration >= Duration::from_millis(1) => {
                write!(f, ", waited {}", Seconds(wait.duration))
            }
            _ => Ok(()),
        }
    }
}

/// What a person should read of an error: an inner retry tells its whole story.
fn text(error: &(dyn Error + 'static)) -> String {
    match RetryError::find(error) {
        Some(inner) => inner.history().to_string(),
        None => cause_text(error),
    }
}

impl fmt::Display for AttemptRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tell(f, Detail::Texts)
    }
}

impl fmt::Debug for AttemptRecord {
    /// The error by its text: what clients print of theirs with `{:?}` may hold a whole URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttemptRecord")
            .field("number", &self.number)
            .field("phase", &self.phase)
            .field("status", &self.status)
            .field("grpc_status", &self.grpc_status)
            .field("error", &self.error().map(|error| OneLine(&text(error)).to_string()))
            .field("began", &self.began)
            .field("took", &self.took)
            .field("wait", &self.wait)
            .field("abandoned", &self.abandoned)
            .field("endpoint", &self.endpoint())
            .finish()
    }
}

// ===== impl RetryWait =====

impl RetryWait {
    /// How long.
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// Whether the server asked for it (`Retry-After`), rather than the backoff.
    pub fn asked_by_server(&self) -> bool {
        self.asked_by_server
    }
}
