//! What the server asked for in the head of a refusal: when to come back, or not to.

mod clock;
mod grpc;
#[cfg(feature = "rate-limit")]
mod rate_limit;
mod retry_after;

pub use self::retry_after::RetryAfter;
pub(crate) use self::{
    clock::wall_clock,
    grpc::{GrpcCodes, status as grpc_status},
};
use http::HeaderMap;
use std::time::{Duration, SystemTime};

/// What one response asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hint {
    None,
    /// Not before this.
    NotBefore(Duration),
    /// After just this, whatever the backoff says (gRPC's pushback).
    Exactly(Duration),
    /// Never again (gRPC's pushback).
    Never,
}

impl Hint {
    pub(crate) const fn is_exact(self) -> bool {
        matches!(self, Self::Exactly(_))
    }

    /// What is left of it under this rule: a wait that is ignored asks for nothing.
    pub(crate) fn under(self, rule: RetryAfter) -> Self {
        match self {
            Self::NotBefore(_) | Self::Exactly(_) if rule == RetryAfter::Ignore => Self::None,
            other => other,
        }
    }
}

/// Which header fields are read beside `Retry-After`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hints {
    pub(crate) grpc_pushback: bool,
    #[cfg(feature = "rate-limit")]
    pub(crate) rate_limit: bool,
}

impl Hints {
    pub(crate) fn read(self, headers: &HeaderMap, clock: impl Fn() -> SystemTime) -> Hint {
        if self.grpc_pushback
            && let Some(pushback) = grpc::pushback(headers)
        {
            return pushback;
        }
        let asked = retry_after::asked_wait(headers, &clock);
        // draft-ietf-httpapi-ratelimit-headers: Retry-After takes precedence
        #[cfg(feature = "rate-limit")]
        let asked =
            asked.or_else(|| self.rate_limit.then(|| rate_limit::asked_wait(headers, &clock)).flatten());
        asked.map_or(Hint::None, Hint::NotBefore)
    }
}
