use std::{error::Error, fmt, time::Duration};

/// A list of endpoints that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidEndpoint {
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Empty,
    Relative,
    UserInformation,
    Query,
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
        Self { kind: Kind::Empty }
    }

    pub(super) const fn relative() -> Self {
        Self { kind: Kind::Relative }
    }

    pub(super) const fn user_information() -> Self {
        Self { kind: Kind::UserInformation }
    }

    pub(super) const fn query() -> Self {
        Self { kind: Kind::Query }
    }

    /// Whether the list had no endpoint.
    pub fn is_empty(&self) -> bool {
        self.kind == Kind::Empty
    }
}

impl fmt::Display for InvalidEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::Empty => "list of endpoints is empty",
            Kind::Relative => "endpoint has no scheme or no host",
            Kind::UserInformation => "endpoint has user information",
            Kind::Query => "endpoint has a query",
        })
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
