//! What became of each attempt of a call, and why there was no further one.

mod error;
mod record;
mod records;
mod seconds;
mod told;

use self::seconds::Seconds;
pub use self::{
    error::RetryError,
    record::{AttemptRecord, RetryWait},
};
pub(crate) use self::{records::Records, told::cause_text};
use crate::{Phase, StopReason};
use http::StatusCode;
use std::{fmt, sync::Arc, time::Duration};

/// The attempts of one call, in the order in which they began, and why no further one was made.
///
/// It is in the extensions of the final response when more than one attempt was made or a retry was refused,
/// and in the final [`RetryError`](crate::RetryError). A call whose first attempt succeeded carries none: it
/// costs nothing.
///
/// The first 16 attempts and the last 16 are kept, those between are [counted](History::attempts_made): so the memory
/// and the text of a call that is retried a million times stay small.
///
/// ```
/// use tower_retry_policy::History;
///
/// # let response = http::Response::new(());
/// let attempts = History::of(&response).map_or(1, History::attempts_made);
/// assert_eq!(attempts, 1);
/// ```
#[derive(Clone)]
pub struct History {
    inner: Arc<Inner>,
}

struct Inner {
    records: Records,
    elapsed: Duration,
    stop: Option<StopReason>,
    /// The attempt that brought the outcome of the call.
    outcome: Option<u32>,
}

/// How an attempt is told: with the error's text, or by its phase alone.
#[derive(Clone, Copy)]
enum Detail {
    Texts,
    Phases,
}

/// A history without the errors' own texts.
struct Phases<'a>(&'a History);

impl History {
    pub(crate) fn new(
        records: Records,
        elapsed: Duration,
        stop: Option<StopReason>,
        outcome: Option<u32>,
    ) -> Self {
        Self { inner: Arc::new(Inner { records, elapsed, stop, outcome }) }
    }

    /// The history of a response, if more than one attempt was made or a retry was refused.
    pub fn of<B>(response: &http::Response<B>) -> Option<&Self> {
        response.extensions().get()
    }

    /// The attempts that are kept, the first send included: all, or the first 16 and the last 16 where there were more.
    /// [`AttemptRecord::number`] says which is which.
    pub fn attempts(&self) -> &[AttemptRecord] {
        self.inner.records.kept()
    }

    /// How many attempts were made, the first send and those that are not kept included.
    pub fn attempts_made(&self) -> u32 {
        self.inner.records.made()
    }

    /// The attempt whose outcome is the call's: the last one to end, and none of a call that was dropped.
    pub fn outcome(&self) -> Option<&AttemptRecord> {
        self.attempts().iter().find(|attempt| Some(attempt.number()) == self.inner.outcome)
    }

    /// From the first send to the end of the last attempt, waits included.
    pub fn elapsed(&self) -> Duration {
        self.inner.elapsed
    }

    /// Why no further attempt was made; `None` when the last one succeeded.
    pub fn stop_reason(&self) -> Option<StopReason> {
        self.inner.stop
    }

    /// Whether a 401 was tried again.
    pub(crate) fn retried_unauthorized(&self) -> bool {
        let retried = |attempt: &AttemptRecord| {
            attempt.status() == Some(StatusCode::UNAUTHORIZED) && attempt.wait().is_some()
        };
        self.attempts().iter().any(retried)
    }

    /// How far the call got as a whole. One attempt that was sent makes it one that was, however the last one ended; of
    /// those that are not kept, and of those that were abandoned, nobody knows.
    pub(crate) fn phase(&self) -> Option<Phase> {
        let outcome = self.outcome()?.phase()?;
        if !outcome.is_unprocessed() {
            return Some(outcome);
        }
        let sent = |phase: &Phase| !phase.is_unprocessed();
        let of_others = self.attempts().iter().filter_map(AttemptRecord::phase).rfind(sent);
        let all_known = self.attempts().len() == self.attempts_made() as usize
            && !self.attempts().iter().any(AttemptRecord::is_abandoned);
        Some(of_others.unwrap_or(if all_known { outcome } else { Phase::Read }))
    }

    /// The story without the errors' own texts, for an error that has one of them as its `source()`.
    pub(crate) fn phases(&self) -> impl fmt::Display {
        Phases(self)
    }

    fn tell(&self, f: &mut fmt::Formatter<'_>, detail: Detail) -> fmt::Result {
        let made = self.attempts_made();
        let plural = if made == 1 { "" } else { "s" };
        write!(f, "{made} attempt{plural} in {}", Seconds(self.elapsed()))?;
        if let Some(stop) = self.stop_reason() {
            write!(f, ", stopped: {stop}")?;
        }
        let mut next = 1;
        for attempt in self.attempts() {
            let left_out = attempt.number().saturating_sub(next);
            if left_out > 0 {
                write!(f, "; {left_out} more")?;
            }
            write!(f, "; {}: ", attempt.number())?;
            attempt.tell(f, detail)?;
            next = attempt.number().saturating_add(1);
        }
        Ok(())
    }
}

impl fmt::Display for History {
    /// The whole story with the errors' texts, in one line: whatever a server or an error says, control and
    /// bidirectional characters are escaped, credentials and queries of URLs are left out, and each text is cut at 300
    /// bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tell(f, Detail::Texts)
    }
}

impl fmt::Display for Phases<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.tell(f, Detail::Phases)
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History")
            .field("attempts_made", &self.attempts_made())
            .field("attempts", &self.attempts())
            .field("elapsed", &self.elapsed())
            .field("stop", &self.stop_reason())
            .finish()
    }
}
