#![doc = include_str!("../README.md")]

pub mod adaptive_throttle;
pub mod attempt_timeout;
pub mod budget;
pub mod deadline;
pub mod guide;
#[cfg(feature = "metrics")]
pub mod metrics;
pub mod replay_body;
#[cfg(feature = "tracing")]
pub mod tracing;

mod attempt;
mod classify;
mod clock;
mod error;
mod history;
#[cfg(feature = "idempotency-key")]
mod idempotency_key;
mod observer;
mod phase;
mod policy;
mod repeatable;
mod statuses;
mod stop_reason;
mod wait;
mod wish;

pub use self::{
    adaptive_throttle::{AdaptiveThrottleLayer, ThrottledError},
    attempt::{Attempt, AttemptNumber},
    attempt_timeout::{AttemptTimeoutError, AttemptTimeoutLayer},
    budget::{BudgetSource, FailureKind, RatioBudget, RequestEnd, RetryBudget},
    deadline::{Deadline, DeadlineError, DeadlineLayer},
    error::RetryError,
    history::{AttemptRecord, History, RetryWait},
    observer::{CallEnd, Observer},
    phase::Phase,
    policy::RetryPolicy,
    repeatable::Idempotent,
    replay_body::{ReplayBody, ReplayBodyError, ReplayBodyLayer},
    stop_reason::StopReason,
    wait::Wait,
    wish::RetryAfter,
};

#[cfg(feature = "idempotency-key")]
pub use self::idempotency_key::{IdempotencyKey, IdempotencyKeyLayer};
#[cfg(feature = "metrics")]
pub use self::metrics::MetricsObserver;
#[cfg(feature = "tracing")]
pub use self::tracing::{RetrySpanLayer, TracingObserver};
