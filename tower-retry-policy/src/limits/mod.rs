//! Holding a call and its response's body to limits. [`attempt_timeout`](crate::attempt_timeout) and
//! [`deadline`](crate::deadline) are faces of this: they say which limits hold and name the error.

mod allowance;
mod body;
mod deadline;
mod expired;
mod future;
#[cfg(any(feature = "content-check", feature = "serde"))]
pub(crate) mod recommended;
mod sending;
mod span;
mod timeouts;
pub(crate) mod timer;
mod wait;
mod watch;

pub(crate) use self::{
    allowance::Allowance,
    expired::{Cause, Expired, LimitError},
    sending::Sending,
    span::Span,
    watch::Watch,
};
pub use self::{body::LimitedBody, deadline::Deadline, future::ResponseFuture, timeouts::AttemptTimeouts};
