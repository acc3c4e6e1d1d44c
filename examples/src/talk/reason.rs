//! Why a call failed, in few words and the same ones each time, so that they can be counted.

use crate::sim::requests::StatusError;
use http::StatusCode;
use hyper_util::client::legacy;
use std::{
    collections::BTreeMap,
    error::Error,
    fmt,
    io::{self, ErrorKind},
    iter::successors,
};
use tower_retry_policy::{AttemptTimeoutError, DeadlineError, Phase};

/// Why a call failed. With retries it is what its last attempt failed of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Nobody listens at the address.
    Refused,
    /// The name of the host has no address, or none that could be asked for.
    UnknownHost,
    /// No way leads to the host.
    Unreachable,
    /// The connection was not set up in time.
    ConnectTimeout,
    /// The connection was not set up for another reason.
    NotConnected,
    /// The connection broke before the response's head.
    NoAnswer,
    /// The response's head did not come in time.
    AnswerTimeout,
    /// The response has this status.
    Status(StatusCode),
    /// The body broke off.
    Cut,
    /// The body came to a halt.
    BodyTimeout,
    /// The body is whole, and not the JSON that it should be.
    NotJson,
    /// Something else: what the innermost error says.
    Other(String),
}

/// How many calls failed, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Failures {
    calls: usize,
    reasons: BTreeMap<Reason, usize>,
}

impl Reason {
    /// The reason behind this error.
    #[must_use]
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        let causes = || causes(error);
        if let Some(error) = causes().find_map(|cause| cause.downcast_ref::<StatusError>()) {
            return Self::Status(error.status());
        }
        let is_late = causes().any(is_timeout);
        // Until the head the client puts hyper's errors into one of its own. A stage that reads the body itself gets them
        // bare, and nobody has told their phase.
        let is_bare =
            causes().any(<dyn Error>::is::<hyper::Error>) && !causes().any(<dyn Error>::is::<legacy::Error>);
        match Phase::of(error) {
            Phase::Read if is_bare && is_late => Self::BodyTimeout,
            Phase::Read if is_bare => Self::Cut,
            Phase::Connect => not_connected(causes()).unwrap_or(Self::NotConnected),
            Phase::Unprocessed | Phase::Read if is_late => Self::AnswerTimeout,
            Phase::Unprocessed | Phase::Read => Self::NoAnswer,
            Phase::Body if is_late => Self::BodyTimeout,
            Phase::Body => Self::Cut,
            Phase::Content => Self::NotJson,
            _ if causes().any(<dyn Error>::is::<serde_json::Error>) => Self::NotJson,
            _ => Self::Other(causes().last().map(one_line).unwrap_or_default()),
        }
    }
}

/// The error and what is behind it.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |&cause| cause.source())
}

fn is_timeout(cause: &(dyn Error + 'static)) -> bool {
    let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
    io == Some(ErrorKind::TimedOut) || cause.is::<AttemptTimeoutError>() || cause.is::<DeadlineError>()
}

fn not_connected<'a>(causes: impl Iterator<Item = &'a (dyn Error + 'static)>) -> Option<Reason> {
    for cause in causes {
        // hyper-util's type for it is private, and the error of the resolver below has no kind of its own.
        if cause.to_string() == "dns error" {
            return Some(Reason::UnknownHost);
        }
        match cause.downcast_ref::<io::Error>().map(io::Error::kind) {
            Some(ErrorKind::ConnectionRefused) => return Some(Reason::Refused),
            Some(ErrorKind::TimedOut) => return Some(Reason::ConnectTimeout),
            Some(ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable) => {
                return Some(Reason::Unreachable);
            }
            _ => {}
        }
    }
    None
}

fn one_line(error: &(dyn Error + 'static)) -> String {
    error.to_string().replace(char::is_control, " ")
}

impl Failures {
    /// A call ended, with a reason if it failed.
    pub fn count(&mut self, failure: Option<&Reason>) {
        self.calls += 1;
        if let Some(reason) = failure {
            *self.reasons.entry(reason.clone()).or_default() += 1;
        }
    }

    /// How many failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.reasons.values().sum()
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "connection refused",
            Self::UnknownHost => "unknown host",
            Self::Unreachable => "no route to host",
            Self::ConnectTimeout => "no connection in time",
            Self::NotConnected => "no connection",
            Self::NoAnswer => "connection broken before the answer",
            Self::AnswerTimeout => "no answer in time",
            Self::Status(status) => return write!(f, "status {}", status.as_u16()),
            Self::Cut => "body cut",
            Self::BodyTimeout => "body stalled",
            Self::NotJson => "body is not JSON",
            Self::Other(text) => text,
        })
    }
}

impl fmt::Display for Failures {
    /// The commonest first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} calls failed", self.failed(), self.calls)?;
        let mut reasons: Vec<_> = self.reasons.iter().collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        reasons.into_iter().try_for_each(|(reason, count)| write!(f, "\n{count:>7}  {reason}"))
    }
}
