//! Which budget a request belongs to.

use super::RetryBudget;
use crate::{one_line::OneLine, target::Target};
use http::{Extensions, HeaderMap, Method, Request, Uri, header::HOST, uri::Authority};
use std::{fmt, sync::Arc, time::Instant};

/// Chooses the budget of a request: asked once per call, at the first send.
///
/// ```
/// use std::{sync::Arc, time::Instant};
/// use tower_retry_policy::{RetryPolicy, budget::{BudgetSource, RatioBudget, RequestHead, RetryBudget}};
///
/// /// What is read and what is written are paid for separately.
/// #[derive(Debug)]
/// struct ByMethod {
///     safe: Arc<dyn RetryBudget>,
///     other: Arc<dyn RetryBudget>,
/// }
///
/// impl BudgetSource for ByMethod {
///     fn budget(&self, request: &RequestHead<'_>, _: Instant) -> Arc<dyn RetryBudget> {
///         Arc::clone(if request.method().is_safe() { &self.safe } else { &self.other })
///     }
/// }
///
/// let by_method = ByMethod { safe: Arc::new(RatioBudget::new()), other: Arc::new(RatioBudget::new().ratio(0.05)) };
/// let policy = RetryPolicy::standard().budget_per(by_method);
/// # let _ = policy;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not choose a budget for each request",
    label = "not a `BudgetSource`",
    note = "one budget for all requests is set by `.budget(..)`, one for each host by `.budget_per(PerKey::new(..).per_host())`"
)]
pub trait BudgetSource: fmt::Debug + Send + Sync {
    /// The budget of this request, which is sent now.
    fn budget(&self, request: &RequestHead<'_>, now: Instant) -> Arc<dyn RetryBudget>;
}

/// A request without its body: a view, so that a source needs no type parameter for it.
#[non_exhaustive]
#[derive(Clone, Copy)]
pub struct RequestHead<'a> {
    method: &'a Method,
    uri: &'a Uri,
    headers: &'a HeaderMap,
    extensions: &'a Extensions,
}

// ===== impl RequestHead =====

impl<'a> RequestHead<'a> {
    /// The head of this request.
    pub fn new<B>(request: &'a Request<B>) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            extensions: request.extensions(),
        }
    }

    /// The request's method.
    #[must_use]
    pub fn method(&self) -> &'a Method {
        self.method
    }

    /// The request's target.
    #[must_use]
    pub fn uri(&self) -> &'a Uri {
        self.uri
    }

    /// The request's header fields.
    #[must_use]
    pub fn headers(&self) -> &'a HeaderMap {
        self.headers
    }

    /// The request's extensions.
    #[must_use]
    pub fn extensions(&self) -> &'a Extensions {
        self.extensions
    }

    /// Host and port as the target names them, or else the `Host` field; nothing if neither does or can be read.
    ///
    /// Without user information, which is a secret and no part of the server's name. Compared without regard to
    /// case. A port that is left out is not the same as one that is written.
    #[must_use]
    pub fn authority(&self) -> Option<Authority> {
        let authority =
            self.uri.authority().cloned().or_else(|| self.headers.get(HOST)?.as_bytes().try_into().ok())?;
        match authority.as_str().rsplit_once('@') {
            None => Some(authority),
            Some((_, server)) => server.parse().ok(),
        }
    }
}

impl fmt::Debug for RequestHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHead")
            .field("method", &OneLine(self.method.as_str()))
            .field("uri", &Target(self.uri))
            .finish_non_exhaustive()
    }
}
