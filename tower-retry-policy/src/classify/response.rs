use super::{Failure, Statuses};
use crate::{
    FailureKind, Phase, RetryAfter,
    hint::{GrpcCodes, Hint, Hints, grpc_status},
};
use http::{HeaderMap, StatusCode};
use std::{fmt, sync::Arc, time::SystemTime};

/// Which responses are failures, and what they ask for.
#[derive(Clone)]
pub(crate) struct Responses {
    pub(crate) statuses: Statuses,
    pub(crate) grpc: GrpcCodes,
    pub(crate) hints: Hints,
    pub(crate) retry_after: RetryAfter,
    /// Whether a 401 is tried again, once in a call.
    pub(crate) unauthorized: bool,
    pub(crate) clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
}

/// RFC 9110 section 15.5.20 and RFC 8470 section 5.2: the request was not processed.
const UNPROCESSED: [u16; 2] = [421, 425];
/// RFC 9110 sections 15.5.14 and 15.6.4, RFC 6585 section 4: these may say when to come back.
const MAY_SAY_WHEN: [u16; 3] = [413, 429, 503];
/// What asks without being listed, or may: a 401 is looked at closely by every policy, so that the others need not ask whether
/// this one retries it.
const ASKING: Statuses =
    Statuses::of(&UNPROCESSED).and(Statuses::of(&MAY_SAY_WHEN)).and(Statuses::of(&[401]));

// ===== impl Responses =====

impl Responses {
    /// Whether nothing in a response with this status can ask for a retry: one look for the common case.
    #[inline]
    pub(crate) fn accept(&self, status: StatusCode) -> bool {
        !self.statuses.contains(status) && !ASKING.contains(status) && self.grpc.is_empty()
    }

    /// A 401 as the failure that it is as long as none of its call was tried again.
    #[inline]
    pub(crate) fn first_unauthorized(&self, status: StatusCode, headers: &HeaderMap) -> Option<Failure> {
        if !self.unauthorized || status != StatusCode::UNAUTHORIZED {
            return None;
        }
        let hint = self.hints.read(headers, &*self.clock).under(self.retry_after);
        Some(Failure { unauthorized: true, hint, ..Failure::new(Phase::Unprocessed) })
    }

    /// What went wrong, if this head says that anything did that asks for a retry.
    pub(crate) fn failure(&self, status: StatusCode, headers: &HeaderMap) -> Option<Failure> {
        let unprocessed = UNPROCESSED.contains(&status.as_u16());
        let may_say_when = MAY_SAY_WHEN.contains(&status.as_u16());
        let listed = self.statuses.contains(status) || self.grpc.contains(headers);
        // gRPC A6: a failure with the pushback not to retry counts for the budget whatever its code
        let may_say_no = self.hints.grpc_pushback && !self.is_success(status, headers);
        if !unprocessed && !may_say_when && !may_say_no && !listed {
            return None;
        }
        let hint = self.hints.read(headers, &*self.clock).under(self.retry_after);
        let asks = match hint {
            Hint::None => false,
            Hint::Never => true,
            Hint::NotBefore(_) | Hint::Exactly(_) => may_say_when,
        };
        if !unprocessed && !listed && !asks {
            return None;
        }
        let phase = if unprocessed { Phase::Unprocessed } else { Phase::Status };
        let throttled = status == StatusCode::TOO_MANY_REQUESTS || (may_say_when && hint != Hint::None);
        let kind = if throttled { FailureKind::Throttled } else { FailureKind::Transient };
        let misdirected = status == StatusCode::MISDIRECTED_REQUEST;
        Some(Failure { kind, hint, misdirected, ..Failure::new(phase) })
    }

    /// Whether a response that is not retried is what the caller wanted. Only a policy for gRPC looks beyond the status.
    #[inline]
    pub(crate) fn is_success(&self, status: StatusCode, headers: &HeaderMap) -> bool {
        status.as_u16() < 400 && (self.grpc.is_empty() || grpc_status(headers).is_none_or(|code| code == 0))
    }
}

impl fmt::Debug for Responses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Responses")
            .field("statuses", &self.statuses)
            .field("grpc", &self.grpc)
            .field("hints", &self.hints)
            .field("retry_after", &self.retry_after)
            .field("retry_unauthorized", &self.unauthorized)
            .finish_non_exhaustive()
    }
}
