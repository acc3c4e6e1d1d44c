//! One limit over everything that a call does: all attempts, the waits between them, and the reading of the body.
//!
//! A [`Deadline`] is a point in time in the request's extensions. It has two sources: [`DeadlineLayer`], which gives
//! every call the same time, and the user, who puts one into the extensions of a single request; the earlier holds.
//! It is read by
//! - [`DeadlineLayer`]'s own service, which ends the call when it passes, wherever the call is;
//! - the retry policy, which begins no wait that would end after it and reports the last outcome instead;
//! - [`AttemptTimeout`](crate::attempt_timeout::AttemptTimeout), which clamps each attempt, head and body;
//! - [`DeadlineHeaderLayer`], which tells the server what is left.
//!
//! ```
//! use std::{convert::Infallible, time::Duration};
//!
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use http_body_util::Full;
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tower_retry_policy::deadline::{Deadline, DeadlineError, DeadlineFormat, DeadlineHeaderLayer, DeadlineLayer};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! let silent = service_fn(|request: Request<Full<Bytes>>| async move {
//!     assert_eq!(request.headers()["grpc-timeout"], "1500m");
//!     std::future::pending::<()>().await;
//!     Ok::<_, Infallible>(Response::new(Full::new(Bytes::new())))
//! });
//! let service = ServiceBuilder::new()
//!     .layer(DeadlineLayer::new(Duration::from_secs(30)))
//!     // the retry layer stands here
//!     .layer(DeadlineHeaderLayer::new(DeadlineFormat::GRPC_TIMEOUT, DeadlineFormat::Grpc))
//!     .service(silent);
//!
//! let mut request = Request::new(Full::default());
//! request.extensions_mut().insert(Deadline::after(Duration::from_millis(1_500)));
//! let error = service.oneshot(request).await.map(|_| ()).unwrap_err();
//! assert_eq!(error.to_string(), "deadline passed without a response head, 1.5 s after the call");
//! assert!(error.downcast_ref::<DeadlineError>().is_some_and(|error| !error.in_body()));
//! # }
//! ```
//!
//! # Which error wins
//! The inner future and body are always polled first, so that whatever they know is handed on. A retry policy that
//! gives up because of the deadline, or an attempt that ends by it, says more than [`DeadlineError`] can: its error
//! wins even when it comes at the same instant. A call whose deadline has passed before it begins is refused
//! without asking the inner service.
//!
//! # What it costs
//! The deadline travels as an extension, because any layer below may ask for it, and a request's first extension is three
//! allocations: with them a call takes some thousand instructions more. A retry copies a request's extensions with it; it
//! does not copy a deadline that is the only one.
//!
//! # What this cannot do
//! - It needs tokio's clock and, once a call has to wait, its time driver.
//! - It ends waiting, not work: see the [attempt timeout](crate::attempt_timeout#what-this-cannot-do), whose
//!   machinery it shares.
//! - A deadline more than 584 years away is moved nearer.
//! - A server is told how long it has, not when the time is over: time on the way is not taken off.

mod error;
mod format;
mod header;
mod layer;
mod service;

pub use self::{
    error::DeadlineError,
    format::DeadlineFormat,
    header::{DeadlineHeader, DeadlineHeaderLayer},
    layer::DeadlineLayer,
    service::DeadlineService,
};
pub use crate::limits::{Deadline, LimitedBody, ResponseFuture};
