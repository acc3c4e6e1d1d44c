use crate::Phase;
use std::{fmt, time::Duration};

/// Why the policy sent no further attempt.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// A failure that no retry mends: TLS, a malformed request, an unknown error, or one that the
    /// policy's own condition turned down.
    NotRetryable,
    /// The server may have acted on the request, and neither its method nor its owner allows a repeat.
    NotRepeatable,
    /// The request's body cannot be sent a second time: it is longer than the limit of its
    /// [recording](crate::ReplayBodyLayer), or it failed.
    BodyNotReplayable,
    /// The content check says that the same answer would come again. Or a body could not be continued, because its content
    /// has changed or is gone.
    Permanent,
    /// The same wrong content, whole and to the byte, has come twice: a third time would bring it again.
    SameContent,
    /// The server said that it does not want this request again (gRPC's pushback).
    Pushback,
    /// An inner retry has already given up on it; retrying here would multiply the attempts.
    InnerExhausted,
    /// The total number of retries was used up.
    Attempts,
    /// The retries that this phase allows were used up.
    PhaseAttempts(Phase),
    /// The next attempt would begin at or after the deadline.
    Deadline,
    /// The server asked for a longer wait than the policy's limit: by `Retry-After`, a gRPC pushback or the reset of a
    /// rate limit.
    RetryAfterTooLong(Duration),
    /// The budget has no retry left.
    Budget,
}

impl StopReason {
    /// Whether attempts that still run could bring nothing better: the same would come again. An error that no retry
    /// mends may be this attempt's alone (a hedge that was shed, another host's certificate), so others go on.
    pub(crate) const fn ends_the_call(self) -> bool {
        matches!(self, Self::NotRepeatable | Self::Permanent | Self::SameContent | Self::InnerExhausted)
    }

    /// A name in lower case without variable parts, as metrics want it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotRetryable => "not retryable",
            Self::NotRepeatable => "not repeatable",
            Self::BodyNotReplayable => "body not replayable",
            Self::Permanent => "permanent",
            Self::SameContent => "same content again",
            Self::Pushback => "pushback",
            Self::InnerExhausted => "inner retry exhausted",
            Self::Attempts => "attempts",
            Self::PhaseAttempts(_) => "attempts of one phase",
            Self::Deadline => "deadline",
            Self::RetryAfterTooLong(_) => "retry-after too long",
            Self::Budget => "budget",
        }
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PhaseAttempts(phase) => write!(f, "attempts after {phase} failures"),
            Self::RetryAfterTooLong(asked) => write!(f, "retry-after of {asked:?} is too long"),
            Self::Attempts => f.write_str("attempts used up"),
            other => f.write_str(other.name()),
        }
    }
}
