//! What the server asked for in the head of a refusal: when to come back, or not to.

mod grpc;
#[cfg(feature = "rate-limit")]
mod rate_limit;
mod retry_after;

pub(crate) use self::grpc::{GrpcCodes, status as grpc_status};
pub use self::retry_after::RetryAfter;

use http::HeaderMap;
use std::time::{Duration, SystemTime};

/// The wish of one response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    None,
    /// Not before this.
    NotBefore(Duration),
    /// After just this, whatever the backoff says (gRPC's pushback).
    Exactly(Duration),
    /// Never again (gRPC's pushback).
    Never,
}

impl Wish {
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
pub(crate) struct Wishes {
    pub(crate) grpc_pushback: bool,
    #[cfg(feature = "rate-limit")]
    pub(crate) rate_limit: bool,
}

impl Wishes {
    pub(crate) fn read(self, headers: &HeaderMap, clock: impl Fn() -> SystemTime) -> Wish {
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
        asked.map_or(Wish::None, Wish::NotBefore)
    }
}
