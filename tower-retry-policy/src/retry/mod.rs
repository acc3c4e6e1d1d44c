//! [`RetryLayer`]: the loop of attempts, with the state of each call in its future.
//!
//! The policy says what is repeated, how often and when; this layer does it. It takes any service whose error is
//! `Into<BoxError>`:
//!
//! ```
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tower_retry_policy::{RetryLayer, RetryPolicy};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! # let calls = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
//! let client = service_fn(move |_: http::Request<String>| {
//!     # let calls = calls.clone();
//!     async move {
//!         # let first = calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
//!         # if first { return Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)); }
//!         // the first connection is reset, the second answers
//!         Ok::<_, std::io::Error>(http::Response::new(()))
//!     }
//! });
//! let service = ServiceBuilder::new().layer(RetryLayer::new(RetryPolicy::standard())).service(client);
//! let response = service.oneshot(http::Request::get("http://example.com/").body(String::new()).unwrap()).await;
//! assert!(response.is_ok());
//! # }
//! ```
//!
//! # Attempts that overlap
//!
//! With a [`Hedge`] a further attempt starts while the newest still runs: see there.
//!
//! # Between attempts
//!
//! A [hook](RetryLayer::before_retry) may change the request before it is sent again: a fresh token, a new signature. A
//! [handle](RetryLayer::handle) replaces the policy while the layer's services run.
//!
//! # What happens to a call
//!
//! - The first attempt is sent on the service that was polled ready; each further one polls a clone of its own ready,
//!   inside the attempt. An error of readiness is judged like any outcome; the request was not sent then.
//! - The request is copied only where another attempt may still follow. Between attempts nothing is held: no response,
//!   no permit, no lock.
//! - A call that is dropped drops its attempts and gives back what it had of the budget; observers hear of it.
//!
//! # What this cannot do
//!
//! - A failure while the body is read is seen only if the body is read inside the attempt, as `tower-content-check`
//!   does.
//! - It counts its own attempts. A client below may repeat unsent requests by itself (hyper-util's
//!   `retry_canceled_requests`, on by default) or follow redirects; they count as one attempt.

mod account;
mod before_retry;
mod call;
mod extras;
mod future;
mod handle;
mod hedge;
mod judgement;
mod kept;
mod latencies;
mod layer;
mod loop_of_tower;
mod of_stream;
mod open;
mod packed_head;
mod percentile;
mod progress;
mod running;
mod service;
mod start;
#[cfg(feature = "content-check")]
mod stream;
mod wait;

pub use self::{
    before_retry::FailedAttempt,
    future::ResponseFuture,
    handle::PolicyHandle,
    hedge::{Hedge, HedgeDelay},
    layer::RetryLayer,
    percentile::Percentile,
    service::Retry,
    wait::Wait,
};
#[cfg(feature = "content-check")]
pub(crate) use self::{of_stream::OfStream, stream::Stream};
