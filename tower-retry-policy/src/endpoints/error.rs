use crate::one_line::OneLine;
use http::Uri;
use std::{error::Error, fmt, time::Duration};

/// A list of endpoints that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidEndpoint {
    kind: Kind,
    /// Host and port, or else the path: no secret.
    endpoint: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Empty,
    Relative,
    UserInformation,
    Query,
    Port,
}

/// No endpoint may be asked: all are ejected or held back, and the layer [fails fast](super::EndpointsLayer::fail_fast); or
/// no [budget](super::EndpointsLayer::budget_each) of those that are left grants a further attempt.
///
/// The request was not sent. The policy does not retry it: trying again at once is what this error spares the endpoints.
/// Attempts of the same call that still run go on.
#[derive(Clone, Debug)]
pub struct EndpointsOutError {
    endpoints: usize,
    retry_in: Option<Duration>,
    spent: bool,
}

// ===== impl InvalidEndpoint =====

impl InvalidEndpoint {
    pub(super) const fn empty() -> Self {
        Self { kind: Kind::Empty, endpoint: String::new() }
    }

    pub(super) fn relative(uri: &Uri) -> Self {
        Self::of(Kind::Relative, uri)
    }

    pub(super) fn user_information(uri: &Uri) -> Self {
        Self::of(Kind::UserInformation, uri)
    }

    pub(super) fn query(uri: &Uri) -> Self {
        Self::of(Kind::Query, uri)
    }

    pub(super) fn port(uri: &Uri) -> Self {
        Self::of(Kind::Port, uri)
    }

    fn of(kind: Kind, uri: &Uri) -> Self {
        let authority = uri.authority().and_then(|authority| authority.as_str().rsplit('@').next());
        Self { kind, endpoint: authority.unwrap_or(uri.path()).to_owned() }
    }

    /// Whether the list had no endpoint.
    pub fn is_empty(&self) -> bool {
        self.kind == Kind::Empty
    }
}

impl fmt::Display for InvalidEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            Kind::Empty => return f.write_str("list of endpoints is empty"),
            Kind::Relative => "no scheme or no host",
            Kind::UserInformation => "user information",
            Kind::Query => "a query",
            Kind::Port => "an invalid port",
        };
        write!(f, "endpoint {} has {what}", OneLine(&self.endpoint))
    }
}

impl Error for InvalidEndpoint {}

// ===== impl EndpointsOutError =====

impl EndpointsOutError {
    pub(super) const fn new(endpoints: usize, retry_in: Option<Duration>) -> Self {
        Self { endpoints, retry_in, spent: false }
    }

    pub(super) const fn spent(endpoints: usize) -> Self {
        Self { endpoints, retry_in: None, spent: true }
    }

    /// Whether it was the endpoints' budgets that granted no further attempt.
    pub fn is_budget(&self) -> bool {
        self.spent
    }

    /// How many endpoints there are.
    pub fn endpoints(&self) -> usize {
        self.endpoints
    }

    /// After how long the next request may be sent; `None` while probes run, whose outcome decides it, and where budgets do.
    pub fn retry_in(&self) -> Option<Duration> {
        self.retry_in
    }
}

impl fmt::Display for EndpointsOutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.endpoints {
            _ if self.spent => f.write_str("attempt not sent, no endpoint's budget grants it"),
            1 => f.write_str("request not sent, the only endpoint is out"),
            all => write!(f, "request not sent, all {all} endpoints are out"),
        }
    }
}

impl Error for EndpointsOutError {}
