use super::{AttemptRecord, History};
use crate::{StopReason, budget::RequestHead, causes::chain, one_line::OneLine};
use http::{HeaderMap, Method, StatusCode, uri::Authority};
use std::{error::Error, fmt};

/// The final error of a call: what was asked of whom, every attempt, why no further one was made, and the last error
/// as `source()`.
///
/// It prints the outline, for example `GET example.com: 3 attempts in 12.4 s, stopped: deadline; 1: connect; 2: 503,
/// waited 1.2 s; 3: body`: phases and statuses, and no error's own text, so that whoever prints the chain of sources
/// reads each message once. The whole story, with the text of every attempt's error, is what
/// [`history`](Self::history) prints. Neither shows credentials, path or query of the target.
///
/// Behind a `BoxError` it is found by [`RetryError::find`].
pub struct RetryError {
    history: History,
    call: Box<Call>,
}

/// What was asked, of whom, and what was answered last.
struct Call {
    method: Method,
    host: Option<Authority>,
    response: Option<(StatusCode, HeaderMap)>,
}

impl RetryError {
    pub(crate) fn new(
        history: History,
        request: RequestHead<'_>,
        response: Option<(StatusCode, HeaderMap)>,
    ) -> Self {
        let (method, host) = (request.method().clone(), request.authority());
        Self { history, call: Box::new(Call { method, host, response }) }
    }

    /// The first `RetryError` in an error's chain of causes, the error itself included.
    pub fn find<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        chain(error).find_map(|cause| cause.downcast_ref())
    }

    /// Every attempt of the call.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The request's method.
    pub fn method(&self) -> &Method {
        &self.call.method
    }

    /// Host and port as the request's target names them, or else its `Host` field; without user information.
    pub fn host(&self) -> Option<&str> {
        self.call.host.as_ref().map(Authority::as_str)
    }

    /// Why no further attempt was made.
    pub fn stop_reason(&self) -> Option<StopReason> {
        self.history.stop_reason()
    }

    /// The status of the last response, where the last attempt ended with one and
    /// [`RetryPolicy::last_response_as_error`](crate::RetryPolicy::last_response_as_error) is set.
    pub fn status(&self) -> Option<StatusCode> {
        self.call.response.as_ref().map(|(status, _)| *status)
    }

    /// The header fields of that response.
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.call.response.as_ref().map(|(_, headers)| headers)
    }

    /// Whether the attempts were used up, all of them or those of one phase.
    pub fn is_exhausted(&self) -> bool {
        matches!(self.stop_reason(), Some(StopReason::Attempts | StopReason::PhaseAttempts(_)))
    }

    /// Whether the deadline left no time for a further attempt.
    pub fn is_deadline(&self) -> bool {
        matches!(self.stop_reason(), Some(StopReason::Deadline))
    }

    /// Whether the budget refused a further attempt.
    pub fn is_budget(&self) -> bool {
        matches!(self.stop_reason(), Some(StopReason::Budget))
    }
}

impl fmt::Display for RetryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", OneLine(self.method().as_str()))?;
        if let Some(host) = self.host() {
            write!(f, " {}", OneLine(host))?;
        }
        write!(f, ": {}", self.history.phases())
    }
}

impl fmt::Debug for RetryError {
    /// Of the header fields only the names: values such as those of `Set-Cookie` are secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryError")
            .field("method", &OneLine(self.method().as_str()))
            .field("host", &self.host().map(OneLine))
            .field("history", &self.history)
            .field("status", &self.status())
            .field("headers", &self.headers().map(|headers| headers.keys().collect::<Vec<_>>()))
            .finish()
    }
}

impl Error for RetryError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.history.outcome().and_then(AttemptRecord::error)
    }
}
