#![doc = include_str!("../README.md")]

pub mod adaptive_throttle;
pub mod attempt_timeout;
pub mod budget;
#[cfg(feature = "hyper-util")]
pub mod connect_timeout;
pub mod deadline;
pub mod endpoints;
pub mod fresh_connection;
pub mod guide;
#[cfg(feature = "metrics")]
pub mod metrics;
pub mod replay_body;
pub mod retry;
#[cfg(feature = "tracing")]
pub mod tracing;

mod attempt;
mod classify;
mod clock;
mod error;
mod history;
mod idempotency_field;
#[cfg(feature = "idempotency-key")]
mod idempotency_key;
mod observer;
mod one_line;
mod phase;
mod phased_error;
mod policy;
mod repeatable;
mod statuses;
mod stop_reason;
mod target;
mod wait;
mod wish;

pub use self::{
    adaptive_throttle::{AdaptiveThrottleLayer, ThrottledError},
    attempt::{Attempt, AttemptNumber},
    attempt_timeout::{AttemptTimeoutError, AttemptTimeoutLayer},
    budget::{BudgetSource, FailureKind, RatioBudget, RequestEnd, RetryBudget},
    deadline::{Deadline, DeadlineError, DeadlineLayer},
    endpoints::{Endpoints, EndpointsLayer},
    error::RetryError,
    fresh_connection::FreshConnectionLayer,
    history::{AttemptRecord, History, RetryWait},
    observer::{CallEnd, HedgeStart, Observer},
    phase::Phase,
    phased_error::PhasedError,
    policy::RetryPolicy,
    repeatable::Idempotent,
    replay_body::{ReplayBody, ReplayBodyError, ReplayBodyLayer},
    retry::RetryLayer,
    stop_reason::StopReason,
    wait::Wait,
    wish::RetryAfter,
};

#[cfg(feature = "hyper-util")]
pub use self::connect_timeout::{ConnectTimeoutError, ConnectTimeoutLayer};
#[cfg(feature = "idempotency-key")]
pub use self::idempotency_key::{IdempotencyKey, IdempotencyKeyLayer};
#[cfg(feature = "metrics")]
pub use self::metrics::MetricsObserver;
#[cfg(feature = "tracing")]
pub use self::tracing::{RetrySpanLayer, TracingObserver};
