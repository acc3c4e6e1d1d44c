use super::{Continuation, StreamEnd};
use crate::{Attempt, History, RetryWait, StopReason, one_line::OneLine, target::Target};
use http::{Method, StatusCode, Uri};
use std::{fmt, time::Duration};

/// Hears of every retry and of the end of every call, with the full facts.
///
/// It is called on the task of the call, between the attempts: what takes long belongs elsewhere. Ready-made
/// ones stand behind the features `tracing` and `metrics`.
///
/// ```
/// use tower_retry_policy::{Attempt, Observer, RetryPolicy, RetryWait};
///
/// #[derive(Debug)]
/// struct Log;
///
/// impl Observer for Log {
///     fn retrying(&self, failed: &Attempt<'_>, wait: RetryWait) {
///         eprintln!("attempt {} failed in phase {}, again in {:?}", failed.number(), failed.phase(), wait.duration());
///     }
/// }
///
/// let policy = RetryPolicy::standard().observer(Log);
/// # let _ = policy;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an observer of calls",
    label = "not an `Observer`",
    note = "a closure is none: implement `Observer` for a type; `TracingObserver` and `MetricsObserver` are ready-made"
)]
pub trait Observer: fmt::Debug + Send + Sync {
    /// An attempt has failed, and another is to follow after the wait.
    fn retrying(&self, failed: &Attempt<'_>, wait: RetryWait) {
        let _ = (failed, wait);
    }

    /// An attempt starts beside those that run, see [`Hedge`](crate::retry::Hedge).
    fn hedging(&self, started: &HedgeStart<'_>) {
        let _ = started;
    }

    /// The call is over, or was dropped ([`CallEnd::is_abandoned`]).
    fn ended(&self, call: &CallEnd<'_>) {
        let _ = call;
    }

    /// The body of a response has broken off, or a request for its rest has failed, and the rest is to be asked for after the
    /// wait; see [`continuing`](crate::continuing). That request is a call, of which `retrying` and `ended` tell as of any.
    fn continuing(&self, continuation: &Continuation<'_>) {
        let _ = continuation;
    }

    /// A body that had broken off is over: it is whole, it failed for good, or it was dropped. Not called for bodies that
    /// never broke.
    fn stream_ended(&self, stream: &StreamEnd<'_>) {
        let _ = stream;
    }
}

/// The end of a call, as an [`Observer`] sees it.
#[non_exhaustive]
#[derive(Clone, Copy)]
pub struct CallEnd<'a> {
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    pub(crate) endpoint: Option<&'a Uri>,
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
    pub(crate) status: Option<StatusCode>,
    pub(crate) last: Option<&'a Attempt<'a>>,
    pub(crate) stop: Option<StopReason>,
    pub(crate) history: Option<&'a History>,
    pub(crate) abandoned: bool,
    pub(crate) budget_balance: Option<u64>,
}

/// An attempt that starts while others still run, as an [`Observer`] sees it.
#[non_exhaustive]
#[derive(Clone, Copy)]
pub struct HedgeStart<'a> {
    pub(crate) number: u32,
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    pub(crate) elapsed: Duration,
}

impl<'a> HedgeStart<'a> {
    /// Which attempt this is; the first send is 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The request's method.
    pub fn method(&self) -> &'a Method {
        self.method
    }

    /// The request's target.
    pub fn uri(&self) -> &'a Uri {
        self.uri
    }

    /// Since the first send.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }
}

impl fmt::Debug for HedgeStart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HedgeStart").field("number", &self.number).finish_non_exhaustive()
    }
}

impl<'a> CallEnd<'a> {
    /// The request's method.
    pub fn method(&self) -> &'a Method {
        self.method
    }

    /// The request's target.
    pub fn uri(&self) -> &'a Uri {
        self.uri
    }

    /// The base address that brought the outcome, where [`endpoints`](crate::endpoints) were to choose from.
    pub fn endpoint(&self) -> Option<&'a Uri> {
        self.endpoint
    }

    /// Attempts made, the first send included.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// From the first send to the end of the last attempt.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// The status of the last attempt, where it ended with a response.
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// The last attempt, if it failed.
    pub fn failed(&self) -> Option<&'a Attempt<'a>> {
        self.last
    }

    /// Why no further attempt was made; `None` when the last one succeeded.
    pub fn stop_reason(&self) -> Option<StopReason> {
        self.stop
    }

    /// Every attempt; `None` when the first one succeeded.
    pub fn history(&self) -> Option<&'a History> {
        self.history
    }

    /// Whether the call was dropped before its end.
    pub fn is_abandoned(&self) -> bool {
        self.abandoned
    }

    /// Retries that the budget would grant now, where the policy has one.
    pub fn budget_balance(&self) -> Option<u64> {
        self.budget_balance
    }
}

impl fmt::Debug for CallEnd<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallEnd")
            .field("method", &OneLine(self.method.as_str()))
            .field("uri", &Target(self.uri))
            .field("attempts", &self.attempts)
            .field("elapsed", &self.elapsed)
            .field("status", &self.status)
            .field("stop", &self.stop)
            .finish_non_exhaustive()
    }
}
