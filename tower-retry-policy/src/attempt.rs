use crate::{Phase, causes::chain, history::cause_text, one_line::OneLine, target::Target};
use http::{HeaderMap, Method, StatusCode, Uri};
use std::{error::Error, fmt};

/// What is known of a failed attempt when the policy decides: the view that closures are given.
///
/// A view rather than the request and the response, so that closures need no type parameters for bodies and
/// errors, and so that a further fact is an addition.
///
/// ```
/// use tower_retry_policy::{Attempt, RetryPolicy};
///
/// let policy = RetryPolicy::standard()
///     .retry_if(|attempt: &Attempt<'_>| !attempt.uri().path().starts_with("/slow/") || attempt.number() < 2);
/// # let _ = policy;
/// ```
#[non_exhaustive]
#[derive(Clone, Copy)]
pub struct Attempt<'a> {
    pub(crate) number: u32,
    pub(crate) phase: Phase,
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) response: Option<(StatusCode, &'a HeaderMap)>,
    pub(crate) error: Option<&'a (dyn Error + 'static)>,
    pub(crate) endpoint: Option<&'a Uri>,
}

impl<'a> Attempt<'a> {
    /// Which attempt this was; the first send is 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// How far it got.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The request's method.
    pub fn method(&self) -> &'a Method {
        self.method
    }

    /// The request's target.
    pub fn uri(&self) -> &'a Uri {
        self.uri
    }

    /// The request's header fields.
    pub fn headers(&self) -> &'a HeaderMap {
        self.headers
    }

    /// The response's status, where the attempt ended with a response.
    pub fn status(&self) -> Option<StatusCode> {
        self.response.map(|(status, _)| status)
    }

    /// The response's header fields, where the attempt ended with a response.
    pub fn response_headers(&self) -> Option<&'a HeaderMap> {
        self.response.map(|(_, headers)| headers)
    }

    /// The error, where the attempt ended with one. Causes are reached by `source()`; see also [`Attempt::cause`].
    pub fn error(&self) -> Option<&'a (dyn Error + 'static)> {
        self.error
    }

    /// The base address that it was sent to, where [`endpoints`](crate::endpoints) were to choose from.
    pub fn endpoint(&self) -> Option<&'a Uri> {
        self.endpoint
    }

    /// The first error of this type in the chain of causes, errors inside `std::io::Error` included.
    pub fn cause<E: Error + 'static>(&self) -> Option<&'a E> {
        chain(self.error?).find_map(|error| error.downcast_ref())
    }
}

impl fmt::Debug for Attempt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("number", &self.number)
            .field("phase", &self.phase)
            .field("method", &OneLine(self.method.as_str()))
            .field("uri", &Target(self.uri))
            .field("status", &self.status())
            .field("error", &self.error.map(|error| OneLine(&cause_text(error)).to_string()))
            .finish_non_exhaustive()
    }
}

/// Request extension that the policy adds to every attempt after the first: which attempt this is, and whether a
/// connection broke under one before it.
///
/// Absent on the first send, so that a call that is not retried pays nothing for it.
///
/// ```
/// use tower_retry_policy::AttemptNumber;
///
/// # let request = http::Request::new(());
/// assert_eq!(AttemptNumber::of(&request), 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttemptNumber {
    number: u32,
    connection_broke: bool,
}

impl AttemptNumber {
    pub(crate) const fn new(number: u32, connection_broke: bool) -> Self {
        Self { number, connection_broke }
    }

    /// Which attempt this request is; 1 for the first send.
    pub fn of<B>(request: &http::Request<B>) -> u32 {
        request.extensions().get::<Self>().map_or(1, |attempt| attempt.number)
    }

    /// Whether an earlier attempt of this call ended in the phase [`Read`](Phase::Read) or [`Body`](Phase::Body): its
    /// connection broke or fell silent, and others in the client's pool may be no better. Or with 421, by which the server
    /// sends it to another connection (RFC 9110 section 15.5.20).
    pub fn connection_broke<B>(request: &http::Request<B>) -> bool {
        request.extensions().get::<Self>().is_some_and(|attempt| attempt.connection_broke)
    }
}
