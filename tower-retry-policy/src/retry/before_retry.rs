//! The hook between a failed attempt and the next one.

use crate::Phase;
use http::{
    HeaderName, Method, StatusCode,
    header::{CONTENT_LENGTH, TRANSFER_ENCODING},
    request::Parts,
};
use std::{error::Error, fmt, future::Future, pin::Pin, sync::Arc};
use tower::BoxError;

/// The attempt that failed, as [`RetryLayer::before_retry`](super::RetryLayer::before_retry) tells it to its hook.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailedAttempt {
    number: u32,
    phase: Phase,
    status: Option<StatusCode>,
}

pub(super) type Preparing = Pin<Box<dyn Future<Output = Result<Parts, BoxError>> + Send>>;

/// The hook, of whatever type it is.
#[derive(Clone)]
pub(super) struct Hook(Arc<dyn Fn(FailedAttempt, Parts) -> Preparing + Send + Sync>);

/// The hook has changed what may not be changed.
#[derive(Debug)]
struct Forbidden {
    what: &'static str,
}

// ===== impl FailedAttempt =====

impl FailedAttempt {
    pub(super) const fn new(number: u32, phase: Phase, status: Option<StatusCode>) -> Self {
        Self { number, phase, status }
    }

    /// Which attempt it was; the first send is 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// How far it got. A 401 that is [retried](crate::RetryPolicy::retry_unauthorized) is [`Phase::Unprocessed`].
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The response's status, where it ended with a response.
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }
}

// ===== impl Hook =====

impl Hook {
    pub(super) fn new<F, Fut>(hook: F) -> Self
    where
        F: Fn(FailedAttempt, Parts) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Parts, BoxError>> + Send + 'static,
    {
        Self(Arc::new(move |failed, next| Box::pin(hook(failed, next))))
    }

    pub(super) fn begin(&self, failed: FailedAttempt, next: Parts) -> Preparing {
        (self.0)(failed, next)
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook").finish_non_exhaustive()
    }
}

/// Whether the changed head is one that the call may go on with: it was judged by the first one whether the request may be
/// repeated, and the body is still the same.
pub(super) fn allowed(before: (&Method, &http::HeaderMap), next: &Parts) -> Result<(), BoxError> {
    const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
    let (method, headers) = before;
    let differs = |name: &HeaderName| !headers.get_all(name).iter().eq(next.headers.get_all(name).iter());
    let what = if *method != next.method {
        "method"
    } else if differs(&IDEMPOTENCY_KEY) {
        "idempotency-key"
    } else if differs(&CONTENT_LENGTH) {
        "content-length"
    } else if differs(&TRANSFER_ENCODING) {
        "transfer-encoding"
    } else {
        return Ok(());
    };
    Err(Forbidden { what }.into())
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the hook before a retry changed the request's {}", self.what)
    }
}

impl Error for Forbidden {}
