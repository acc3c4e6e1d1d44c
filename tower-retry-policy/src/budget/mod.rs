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
//!
//! No call of any of them waits or takes a lock.

mod atomic;
mod clock;
mod ledger;
mod ratio;
mod retry_budget;
mod stripes;

pub use self::clock::{Clock, TokioClock};
pub use self::ratio::RatioBudget;
pub use self::retry_budget::{FailureKind, RequestEnd, RetryBudget};
