#![doc = include_str!("../README.md")]
//!
//! # Where to begin
//!
//! - The recommended stack: [`StandardLayer`]; its parts: [`DeadlineLayer`], [`RetryLayer`] with a [`RetryPolicy`],
//!   [`AttemptTimeoutLayer`].
//! - What a single call asks for: [`RetryPatch`], [`Deadline`], [`Idempotent`]; what changes between attempts:
//!   [`RetryLayer::before_retry`]; and while a program runs: [`retry::PolicyHandle`].
//! - What came of it: [`RetryError`], [`History`], [`Phase`] and, for each client, the table at [`Phase::of`].
//! - What retries cost a server: [`budget`], [`adaptive_throttle`], [`retry::Hedge`].
//! - Bodies: [`replay_body`] for the request's, [`continuing`] for a response's that is read as it comes.
//! - Which layers, limits and checks for which call: [`guide`].
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod adaptive_throttle;
pub mod attempt_timeout;
pub mod budget;
#[cfg(feature = "hyper-util")]
pub mod connect_timeout;
#[cfg(feature = "content-check")]
pub mod continuing;
pub mod deadline;
pub mod endpoints;
pub mod fresh_connection;
pub mod guide;
pub mod replay_body;
pub mod retry;
#[cfg(feature = "serde")]
pub mod settings;
#[cfg(feature = "content-check")]
pub mod standard;

mod attempt;
mod causes;
mod classify;
mod hint;
mod history;
#[cfg(feature = "idempotency-key")]
mod idempotency_key;
mod limits;
mod observe;
mod one_line;
mod phase;
mod phased_error;
mod policy;
#[cfg(feature = "reqwest")]
mod reqwest_service;
mod stop_reason;
mod target;

#[cfg(feature = "hyper-util")]
pub use self::connect_timeout::{ConnectTimeoutError, ConnectTimeoutLayer};
#[cfg(feature = "idempotency-key")]
pub use self::idempotency_key::{IdempotencyKey, IdempotencyKeyLayer};
#[cfg(feature = "metrics")]
pub use self::observe::metrics::{self, MetricsObserver};
#[cfg(feature = "tracing")]
pub use self::observe::tracing::{self, RetrySpanLayer, TracingObserver};
#[cfg(feature = "reqwest")]
pub use self::reqwest_service::ReqwestService;
#[cfg(feature = "content-check")]
pub use self::standard::{Standard, StandardLayer};
#[cfg(all(feature = "content-check", feature = "tonic"))]
pub use self::standard::{StandardGrpc, StandardGrpcLayer};
pub use self::{
    adaptive_throttle::{AdaptiveThrottleLayer, ThrottledError},
    attempt::{Attempt, AttemptNumber},
    attempt_timeout::{AttemptTimeoutError, AttemptTimeoutLayer},
    budget::{BudgetSource, FailureKind, RatioBudget, RequestEnd, RetryBudget},
    deadline::{Deadline, DeadlineError, DeadlineLayer},
    endpoints::{Endpoints, EndpointsLayer},
    fresh_connection::FreshConnectionLayer,
    hint::RetryAfter,
    history::{AttemptRecord, History, RetryError, RetryWait},
    observe::{CallEnd, Continuation, HedgeStart, Observer, StreamEnd},
    phase::Phase,
    phased_error::PhasedError,
    policy::{Idempotent, RetryPatch, RetryPolicy},
    replay_body::{ReplayBody, ReplayBodyError, ReplayBodyLayer},
    retry::{RetryLayer, Wait},
    stop_reason::StopReason,
};
#[doc(inline)]
pub use tower_backoff::{Backoff, Delays, Draws, Jitter};
