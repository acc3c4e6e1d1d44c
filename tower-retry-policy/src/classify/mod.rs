//! Which [`Phase`] a failure belongs to, be it an error or a response.
//!
//! Each module but `response` knows the errors of one library, behind the feature of that name; what none of them knows is
//! [`Phase::Other`], which is never retried by default.

#[cfg(any(feature = "hyper-util", feature = "tonic"))]
mod connecting;
#[cfg(feature = "content-check")]
mod content_check;
#[cfg(feature = "h2")]
mod h2;
#[cfg(feature = "hyper")]
mod hyper;
#[cfg(feature = "hyper-util")]
mod hyper_util;
mod io;
mod own;
#[cfg(feature = "reqwest")]
mod reqwest;
mod response;
mod statuses;
mod tls;
#[cfg(feature = "tonic")]
mod tonic;

pub(crate) use self::{response::Responses, statuses::Statuses};
use crate::{FailureKind, History, Phase, causes::chain, hint::Hint};
use std::error::Error;

/// How a failed attempt is to be treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) phase: Phase,
    pub(crate) kind: FailureKind,
    pub(crate) permanent: bool,
    pub(crate) exhausted_inner: bool,
    /// The server closed its connection in good order, which says nothing of its load.
    pub(crate) graceful: bool,
    /// It waited for the connection of another call, which did not come about. Only that call knows why: it may have been
    /// dropped, as the loser of a hedge is, and then no server has failed. The one that waited has put no load on the
    /// server so far, and pays for what follows once it has.
    pub(crate) waited: bool,
    /// It says that the request belongs on another connection.
    pub(crate) misdirected: bool,
    /// It asks for other credentials, and nothing is known of whether they help.
    pub(crate) unauthorized: bool,
    pub(crate) hint: Hint,
    /// What the rejected content looked like, so that the same one is recognised.
    pub(crate) fingerprint: Option<u64>,
}

impl Failure {
    pub(crate) const fn new(phase: Phase) -> Self {
        Self {
            phase,
            kind: FailureKind::Transient,
            permanent: false,
            exhausted_inner: false,
            graceful: false,
            waited: false,
            misdirected: false,
            unauthorized: false,
            hint: Hint::None,
            fingerprint: None,
        }
    }

    /// The request was not handed over: whatever went wrong, the server has not seen it.
    pub(crate) fn was_unsent(&mut self) {
        if !matches!(self.phase, Phase::Connect | Phase::Other) {
            self.phase = Phase::Unprocessed;
        }
    }

    /// An inner policy may have given up on this very response already.
    pub(crate) fn after(self, inner: &History) -> Self {
        match inner.stop_reason() {
            Some(_) if self.phase.is_unprocessed() => {
                Self { exhausted_inner: true, phase: inner.phase().unwrap_or(self.phase), ..self }
            }
            stop => Self { exhausted_inner: stop.is_some(), ..self },
        }
    }

    pub(crate) const fn timeout(phase: Phase) -> Self {
        Self { kind: FailureKind::Timeout, ..Self::new(phase) }
    }

    /// Whether it says nothing of the server's load, so that the budget need not hear of it: whoever says that the
    /// request was not processed, whatever was closed in good order, and who only waited for another's connection.
    pub(crate) fn costs_nothing(&self) -> bool {
        self.graceful || self.waited || self.phase == Phase::Unprocessed
    }

    /// What is known of a cause that ended a connection in use. The connection may be a tunnel through something that
    /// failed to connect, but the request may have left.
    #[cfg(any(feature = "h2", feature = "hyper"))]
    const fn on_a_connection(self) -> Self {
        match self.phase {
            Phase::Connect | Phase::Unprocessed => {
                Self { phase: Phase::Read, graceful: false, waited: false, ..self }
            }
            _ => self,
        }
    }
}

impl Phase {
    /// The phase in which this error ended an attempt, as the policy sees it.
    ///
    /// ```
    /// use std::io::{Error, ErrorKind};
    /// use tower_retry_policy::Phase;
    ///
    /// assert_eq!(Phase::of(&Error::from(ErrorKind::ConnectionReset)), Phase::Read);
    /// // Linux reports this on established connections too; whoever was connecting says so by a `PhasedError`
    /// assert_eq!(Phase::of(&Error::from(ErrorKind::ConnectionRefused)), Phase::Read);
    /// ```
    ///
    /// # The clients
    ///
    #[doc = include_str!("clients.md")]
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        failure(error).phase
    }
}

/// Asks each error of the chain, from the outermost to the root: the first that somebody knows decides.
pub(crate) fn failure(error: &(dyn Error + 'static)) -> Failure {
    chain(error).find_map(recognise).unwrap_or(Failure::new(Phase::Other))
}

fn recognise(error: &(dyn Error + 'static)) -> Option<Failure> {
    let known = own::recognise(error);
    #[cfg(feature = "content-check")]
    let known = known.or_else(|| content_check::recognise(error));
    #[cfg(feature = "reqwest")]
    let known = known.or_else(|| reqwest::recognise(error));
    #[cfg(feature = "tonic")]
    let known = known.or_else(|| tonic::recognise(error));
    #[cfg(feature = "hyper-util")]
    let known = known.or_else(|| hyper_util::recognise(error));
    #[cfg(feature = "hyper")]
    let known = known.or_else(|| hyper::recognise(error));
    #[cfg(feature = "h2")]
    let known = known.or_else(|| h2::recognise(error));
    known.or_else(|| io::recognise(error))
}
