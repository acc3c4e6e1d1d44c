use crate::{Phase, StopReason};
use http::StatusCode;
use std::{error::Error, fmt, sync::Arc, time::Duration};

/// Every attempt of one call, in the order in which they began, and why no further one was made.
///
/// It is in the extensions of the final response when more than one attempt was made or a retry was refused,
/// and in the final [`RetryError`](crate::RetryError). A call whose first attempt succeeded carries none: it
/// costs nothing.
///
/// ```
/// use tower_retry_policy::History;
///
/// # let response = http::Response::new(());
/// let attempts = History::of(&response).map_or(1, |history| history.attempts().len());
/// assert_eq!(attempts, 1);
/// ```
#[derive(Clone, Debug)]
pub struct History {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    attempts: Vec<AttemptRecord>,
    elapsed: Duration,
    stop: Option<StopReason>,
}

/// One attempt of a [`History`].
#[derive(Clone, Debug)]
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
}

/// How long the policy waited before the next attempt, and who asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryWait {
    pub(crate) duration: Duration,
    pub(crate) asked_by_server: bool,
}

impl History {
    pub(crate) fn new(attempts: Vec<AttemptRecord>, elapsed: Duration, stop: Option<StopReason>) -> Self {
        Self { inner: Arc::new(Inner { attempts, elapsed, stop }) }
    }

    /// The history of a response, if more than one attempt was made or a retry was refused.
    pub fn of<B>(response: &http::Response<B>) -> Option<&Self> {
        response.extensions().get()
    }

    /// The attempts, the first send included.
    pub fn attempts(&self) -> &[AttemptRecord] {
        &self.inner.attempts
    }

    /// From the first send to the end of the last attempt, waits included.
    pub fn elapsed(&self) -> Duration {
        self.inner.elapsed
    }

    /// Why no further attempt was made; `None` when the last one succeeded.
    pub fn stop_reason(&self) -> Option<StopReason> {
        self.inner.stop
    }
}

impl fmt::Display for History {
    /// The whole story in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attempts = self.attempts();
        let plural = if attempts.len() == 1 { "" } else { "s" };
        write!(f, "{} attempt{plural} in {}", attempts.len(), Seconds(self.elapsed()))?;
        if let Some(stop) = self.stop_reason() {
            write!(f, ", stopped: {stop}")?;
        }
        for (index, attempt) in attempts.iter().enumerate() {
            write!(f, "; {}: {attempt}", index + 1)?;
        }
        Ok(())
    }
}

impl AttemptRecord {
    /// Which attempt this was; the first send is 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Whether it still ran when the call ended: another attempt brought the outcome, or the caller went away.
    pub fn is_abandoned(&self) -> bool {
        self.abandoned
    }

    /// How far it got; `None` for success and for an abandoned attempt.
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
}

impl fmt::Display for AttemptRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.grpc_status, self.status, &self.error) {
            (Some(code), ..) => write!(f, "grpc-status {code}")?,
            (None, Some(status), _) => write!(f, "{}", status.as_u16())?,
            (None, None, Some(error)) => f.write_str(&crate::classify::cause_text(&**error))?,
            (None, None, None) => write!(f, "abandoned after {}", Seconds(self.took))?,
        }
        match self.wait {
            Some(wait) if wait.duration >= Duration::from_millis(1) => {
                write!(f, ", waited {}", Seconds(wait.duration))
            }
            _ => Ok(()),
        }
    }
}

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

/// A duration as a person reads it: `12.4 s`, `80 ms`.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        if millis < 1000 {
            return write!(f, "{millis} ms");
        }
        // in integers, rounded to a tenth: a float would print 12.4 as 12.399999
        let tenths = (millis + 50) / 100;
        write!(f, "{}.{} s", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_a_person_writes_them() {
        let table = [
            (0, "0 ms"),
            (80, "80 ms"),
            (999, "999 ms"),
            (1000, "1.0 s"),
            (1249, "1.2 s"),
            (12_360, "12.4 s"),
            (3_600_000, "3600.0 s"),
        ];
        for (millis, expected) in table {
            assert_eq!(Seconds(Duration::from_millis(millis)).to_string(), expected);
        }
    }
}
