//! How many retries may be sent in total.
//!
//! A limit of attempts bounds what one request may cost. It does not bound what all of them cost together: when
//! a server fails under load, each of its clients sends every request three or four times, and the load that
//! broke it is multiplied just then. A budget ties the number of retries to something that a failing server
//! cannot raise: the number of requests, of successes, or of requests in flight.
//!
//! A budget belongs to a layer, not to a request: share one by [`Arc`](std::sync::Arc) between all policies
//! whose requests reach the same server. [`RetryBudget`] is the trait; write your own against it. All of these
//! implement it, and `tower::retry::budget::Budget` as well:
//!
//! | budget | allows | known from |
//! |---|---|---|
//! | [`RatioBudget`] | a share of the recent requests, and a floor | Finagle, Linkerd, tower |
//! | [`ThrottleBudget`] | any while successes prevail | gRPC |
//! | [`QuotaBudget`] | what a store of tokens pays for, by kind of failure | AWS SDKs |
//! | [`InFlightBudget`] | a share of the requests in flight | Envoy |
//! | [`UnlimitedBudget`] | all | |
//! | [`EmptyBudget`] | none | |
//!
//! None of their methods waits or takes a lock: they count with atomics (`tests/budget_model.rs` plays their races).
//!
//! With the feature `per-key`, `PerKey` keeps a budget for each host, or for any other key of the request, so that
//! one host that fails does not use up the retries of the others.

mod atomic;
#[cfg(feature = "per-key")]
mod by_key;
mod clock;
mod fixed;
mod grant;
mod grants;
#[cfg(feature = "per-key")]
mod host;
mod in_flight;
#[cfg(feature = "per-key")]
mod per_key;
mod quota;
mod ratio;
mod retry_budget;
mod sliding_count;
mod slots;
mod source;
mod throttle;

#[cfg(feature = "per-key")]
pub use self::{
    by_key::{ByKey, PerHost},
    host::Host,
    per_key::PerKey,
};
pub use self::{
    clock::{Clock, TokioClock},
    fixed::{EmptyBudget, UnlimitedBudget},
    in_flight::InFlightBudget,
    quota::QuotaBudget,
    ratio::RatioBudget,
    retry_budget::{FailureKind, RequestEnd, RetryBudget},
    source::{BudgetSource, RequestHead},
    throttle::ThrottleBudget,
};
pub(crate) use self::{
    grant::{Grant, SharedPlace},
    sliding_count::SlidingCount,
};
