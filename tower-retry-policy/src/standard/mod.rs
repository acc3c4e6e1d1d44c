//! [`StandardLayer`]: the recommended stack as one layer.
//!
//! ```no_run
//! # #[cfg(feature = "json")]
//! # async fn example() -> Result<(), tower::BoxError> {
//! use bytes::Bytes;
//! use http::Request;
//! use http_body_util::Full;
//! use hyper_util::{client::legacy::{Client, connect::HttpConnector}, rt::{TokioExecutor, TokioTimer}};
//! use std::time::Duration;
//! use tower::ServiceExt;
//! use tower_retry_policy::{Standard, StandardLayer};
//!
//! let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build_http();
//! let client: Standard<Client<HttpConnector, Full<Bytes>>> =
//!     StandardLayer::json().deadline(Duration::from_secs(10)).service(client);
//!
//! let request = Request::get("http://example.com/numbers.json").body(Full::default())?;
//! let response = client.oneshot(request).await?;
//! if !response.status().is_success() {
//!     return Err(format!("the server answered {}", response.status()).into());
//! }
//! let numbers: Vec<u32> = response.into_body().into_json().await?;
//! # let _ = numbers;
//! # Ok(())
//! # }
//! ```
//!
//! It works over every client that the layers it consists of work over: hyper-util's, reqwest
//! ([`ReqwestService`](crate::ReqwestService)), an axum router, a mock. [`StandardGrpcLayer`] is the same for tonic.
//!
//! # What it consists of
//!
//! | layer | set to | changed by |
//! |---|---|---|
//! | [`DeadlineLayer`](crate::DeadlineLayer) | 30 s for the call, reading included | [`deadline`](StandardLayer::deadline) |
//! | [`RetryLayer`](crate::RetryLayer) | [`RetryPolicy::standard`](crate::RetryPolicy::standard), no hedging | [`policy`](StandardLayer::policy), [`retry`](StandardLayer::retry) |
//! | [`ContentCheckLayer`](tower_content_check::ContentCheckLayer) | JSON, or a body that is whole; 16 MiB at most | [`json`](StandardLayer::json) or [`plain`](StandardLayer::plain), [`max_bytes`](StandardLayer::max_bytes) |
//! | [`AttemptTimeoutLayer`](crate::AttemptTimeoutLayer) | a third of the deadline for an attempt, a sixth for its head and for each silence | [`attempt`](StandardLayer::attempt) |
//!
//! What belongs outside the retry goes around it, as `ServiceBuilder::new().layer(ReplayBodyLayer::new())`, then
//! `.layer(StandardLayer::plain())`: `IdempotencyKeyLayer`, [`ReplayBodyLayer`](crate::ReplayBodyLayer), `RetrySpanLayer`.
//!
//! # Replacing it by its parts
//!
//! A stack that differs in more than these settings is put together by hand. This is what `StandardLayer::json()` does:
//!
//! ```
//! # #[cfg(feature = "json")]
//! # fn example<S>(client: S) {
//! use std::time::Duration;
//! use tower::ServiceBuilder;
//! use tower_content_check::ContentCheckLayer;
//! use tower_retry_policy::{AttemptTimeoutLayer, DeadlineLayer, RetryLayer, RetryPolicy};
//!
//! let service = ServiceBuilder::new()
//!     .layer(DeadlineLayer::new(Duration::from_secs(30)))
//!     .layer(RetryLayer::new(RetryPolicy::standard()))
//!     .layer(ContentCheckLayer::json())
//!     .layer(
//!         AttemptTimeoutLayer::new()
//!             .head(Duration::from_secs(5))
//!             .idle(Duration::from_secs(5))
//!             .total(Duration::from_secs(10)),
//!     )
//!     .service(client);
//! # let _ = service;
//! # }
//! ```
//!
//! [`guide::order`](crate::guide::order) says what else may stand where.
//!
//! # What this cannot do
//!
//! - Make an error of an answer: a 404, and a 503 after the last retry, come as they are, and their content may be JSON too.
//!   Look at the status before the content.
//!   [`last_response_as_error`](crate::RetryPolicy::last_response_as_error) makes errors of those that were retried.
//! - Hand on a body while it comes: the check holds it until it is whole. A download or an endless stream needs
//!   another stack ([`guide::recipes`](crate::guide::recipes)).
//! - Repeat a request body that is not `Clone`: put a [`ReplayBodyLayer`](crate::ReplayBodyLayer) around it.

mod check;
#[cfg(feature = "tonic")]
pub mod grpc;
mod layer;
mod limits;
mod service;

#[cfg(feature = "tonic")]
pub use self::grpc::{StandardGrpc, StandardGrpcLayer};
pub use self::{
    check::StandardCheck,
    layer::StandardLayer,
    service::{Standard, StandardBody},
};
