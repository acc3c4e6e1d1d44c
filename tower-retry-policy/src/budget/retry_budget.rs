//! The contract between a policy and a budget.

use std::{fmt, sync::Arc, time::Instant};

/// What a budget is told and asked in the life of one request.
///
/// It is called from the polling of the request, so a method must not wait; those of this crate take no lock either.
///
/// For one request the calls come in this order:
///
/// ```text
/// begin                                    if tracks_in_flight
///   failed                                 each attempt that failed in a way the policy would retry, see below
///   withdraw -> true                       after every other reason to stop has been asked
///     give_back                            the wait was cancelled: the retry was never sent
///     retry_ended                          or it was sent and has ended, however
/// settle                                   the last attempt has ended; not if the request was dropped
///   recovered                              after that, while the body is read and continued: see there
/// end                                      in any case, if begin was called
/// ```
///
/// What was not processed ([`Phase::Unprocessed`](crate::Phase::Unprocessed): REFUSED_STREAM, 421, 425, a request that no
/// connection took, or whatever its owner says so of) and what the server closed in good order (GOAWAY without an error)
/// tells nothing of its load: a budget hears neither `failed` nor `withdraw` of it, like the transparent retries of gRPC
/// A6. Nor does it of a call over hyper-util that waited for the HTTP/2 connection of another one: that one pays if it
/// failed, and may only have been dropped, as the loser of a hedge is. The limits of attempts still hold. Any other
/// connection that could not be made ([`Phase::Connect`](crate::Phase::Connect)) costs like any other failure: a server
/// that has too much to do refuses connections.
///
/// The caller has read the clock for its own sake and hands on what it showed: `now` is the time of tokio's clock, also
/// while that is paused. It may be a little older than another call's. A budget that was given a clock of its own uses that
/// instead.
///
/// Attempts may overlap: nothing here assumes that one ends before the next begins. Each method of `Self`
/// that has a default does nothing by default, so that a budget needs only what it counts.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
/// use std::time::Instant;
/// use tower_retry_policy::budget::{FailureKind, RequestEnd, RetryBudget};
///
/// /// So many retries until the process ends.
/// #[derive(Debug)]
/// struct Allowance(AtomicU64);
///
/// impl RetryBudget for Allowance {
///     fn withdraw(&self, _: FailureKind, _: Instant) -> bool {
///         self.0.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok()
///     }
///
///     fn give_back(&self, _: FailureKind, _: Instant) {
///         self.0.fetch_add(1, Relaxed);
///     }
///
///     fn settle(&self, _: RequestEnd, _: Instant) {}
///
///     fn balance(&self) -> u64 {
///         self.0.load(Relaxed)
///     }
/// }
///
/// let (budget, now) = (Allowance(AtomicU64::new(1)), Instant::now());
/// assert!(budget.withdraw(FailureKind::Transient, now));
/// assert!(!budget.withdraw(FailureKind::Transient, now));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a budget of retries",
    label = "not a `RetryBudget`",
    note = "what chooses a budget for each request, such as `PerKey`, is set by `.budget_per(..)`"
)]
pub trait RetryBudget: fmt::Debug + Send + Sync {
    /// A request is sent for the first time. Only called if the budget [tracks them](Self::tracks_in_flight).
    fn begin(&self) {}

    /// The request is over or was dropped; once for each [`begin`](Self::begin).
    fn end(&self) {}

    /// An attempt failed in a way that the policy would retry, whether or not it will be; or the server said not to
    /// retry (gRPC's pushback), whatever the failure.
    fn failed(&self, kind: FailureKind, now: Instant) {
        let _ = (kind, now);
    }

    /// May a retry be sent after such a failure? If so its cost is taken at once.
    ///
    /// Asked last, so that nothing is taken for a retry that another rule forbids.
    fn withdraw(&self, kind: FailureKind, now: Instant) -> bool;

    /// A retry that was granted for such a failure was never sent: its cost comes back.
    fn give_back(&self, kind: FailureKind, now: Instant);

    /// A granted retry that was sent has ended, whatever its outcome.
    fn retry_ended(&self) {}

    /// A request is over, with the end of its last attempt; once per request, not per attempt.
    fn settle(&self, end: RequestEnd, now: Instant);

    /// A body that had broken off after its request was settled has come on: the retry that was asked for because of this
    /// failure succeeded. No request is counted for it. A budget gives back here what it gives back of the price in
    /// [`RequestEnd::AfterRetry`]; only bodies that are [continued](crate::continuing) call this.
    fn recovered(&self, kind: FailureKind, now: Instant) {
        let _ = (kind, now);
    }

    /// Whether [`begin`](Self::begin) and [`end`](Self::end) are wanted: they cost the caller a guard in each
    /// request. Constant for one budget.
    fn tracks_in_flight(&self) -> bool {
        false
    }

    /// How many retries after a transient failure could be granted now; for metrics. It may be out of date
    /// when it is read.
    fn balance(&self) -> u64;
}

/// Why a retry is asked for, as far as its price depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureKind {
    /// A broken connection, an error of the server, a bad body: whatever is neither of the others.
    Transient,
    /// No answer in time.
    Timeout,
    /// The server said that it is asked too much: 429, or 503 with Retry-After.
    Throttled,
}

/// How a request ended after its last attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestEnd {
    /// The first attempt succeeded.
    FirstTry,
    /// A retry succeeded; the one that was granted last had been asked for because of this failure.
    AfterRetry(FailureKind),
    /// No attempt succeeded, and the last one failed in a way that the policy retries.
    Failed,
    /// The last outcome is neither a success nor anything that the policy retries: a 404, a gRPC status that is not
    /// listed, an error of TLS. It says nothing good of the server, so it brings nothing back.
    NotRetried,
}

impl<B: RetryBudget + ?Sized> RetryBudget for Arc<B> {
    fn begin(&self) {
        (**self).begin();
    }

    fn end(&self) {
        (**self).end();
    }

    fn failed(&self, kind: FailureKind, now: Instant) {
        (**self).failed(kind, now);
    }

    fn withdraw(&self, kind: FailureKind, now: Instant) -> bool {
        (**self).withdraw(kind, now)
    }

    fn give_back(&self, kind: FailureKind, now: Instant) {
        (**self).give_back(kind, now);
    }

    fn retry_ended(&self) {
        (**self).retry_ended();
    }

    fn settle(&self, end: RequestEnd, now: Instant) {
        (**self).settle(end, now);
    }

    fn recovered(&self, kind: FailureKind, now: Instant) {
        (**self).recovered(kind, now);
    }

    fn tracks_in_flight(&self) -> bool {
        (**self).tracks_in_flight()
    }

    fn balance(&self) -> u64 {
        (**self).balance()
    }
}
