//! A new connection for an attempt that follows a broken one.
//!
//! A client takes the connections of its pool to be alive until it has used them. Where all of them have died without a word
//! (a middlebox has forgotten them, the server was restarted, the route is gone), each attempt finds out about one, and
//! with eight of them three attempts are used up although a new connection would do. A dead HTTP/2 connection is worse:
//! the pool has only that one, and gives it to every attempt.
//!
//! [`FreshConnectionLayer`] stands inside the retry and has a second client, without a pool. Once an attempt of a call has
//! ended with [`Phase::Read`](crate::Phase::Read) or [`Phase::Body`](crate::Phase::Body), or with the
//! status 421 (RFC 9110 section 15.5.20: the same request is to come over another connection), its further attempts go to
//! that one. What may be repeated is the policy's to say, as ever: a `POST` that may have been sent is not.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use bytes::Bytes;
//! use http::Request;
//! use http_body_util::Full;
//! # use hyper_util::client::legacy::connect::HttpConnector;
//! use hyper_util::{client::legacy::Client, rt::TokioExecutor};
//! use tower::{BoxError, ServiceBuilder, ServiceExt};
//! use tower_retry_policy::{AttemptTimeoutLayer, FreshConnectionLayer, RetryLayer, RetryPolicy};
//!
//! # async fn example() -> Result<(), BoxError> {
//! let connector = HttpConnector::new();
//! let client = Client::builder(TokioExecutor::new()).build::<_, Full<Bytes>>(connector.clone());
//! let without_pool = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
//! let service = ServiceBuilder::new()
//!     .layer(RetryLayer::new(RetryPolicy::standard()))
//!     .layer(AttemptTimeoutLayer::new().head(Duration::from_secs(10)).idle(Duration::from_secs(5)))
//!     .layer(FreshConnectionLayer::new(without_pool))
//!     .service(client);
//!
//! let response = service.oneshot(Request::get("http://example.com/").body(Full::default())?).await?;
//! # let _ = response;
//! # Ok(())
//! # }
//! ```
//!
//! # What it brings
//! Calls that succeed, of eight `GET`s one after the other, each with three attempts and over a pool whose connections
//! are all reset when they are used next (`tests/fresh_connection`, hyper-util's client, HTTP/1):
//!
//! | | 8 connections | 24 connections | what it costs |
//! |---|---|---|---|
//! | the client alone | 6 of 8 | 0 of 8 | |
//! | with this layer | 8 of 8 | 8 of 8 | a new connection for each retry of a call whose connection broke |
//! | `pool_max_idle_per_host(2)`, fewer than attempts | 8 of 8 | 8 of 8 | new connections whenever more than two are in use |
//! | `pool_max_idle_per_host(0)` | 8 of 8 | 8 of 8 | a new connection for each request |
//!
//! hyper-util's `pool_idle_timeout` (with `pool_timer`) avoids what it can: connections that were idle for longer than the
//! middlebox remembers them. It does not help when the server restarts.
//!
//! # Where it stands
//! Inside the retry, around the client and what stands right around it: an
//! [`AttemptTimeoutLayer`](crate::AttemptTimeoutLayer) goes outside, a
//! [`ConnectTimeoutLayer`](crate::ConnectTimeoutLayer) around each of the two clients.
//!
//! # Why not for every retry
//! A server that answers 503 is reached well enough, and would have to shake hands with every retry on top of its trouble.
//! So a new one is made only after a connection broke, or was said to be the wrong one. A limit of the attempt that passed counts as that, because a dead
//! HTTP/2 connection looks just like a slow server: where slow answers are the usual failure, set that limit generously.
//!
//! # What this cannot do
//! The pool keeps its dead connections until they are used, so the first attempt of a later call may meet one. They go one
//! by one; a dead HTTP/2 connection stays until it fails or the client's `http2_keep_alive_interval` finds out.

mod future;
mod layer;
mod service;

pub use self::{future::ResponseFuture, layer::FreshConnectionLayer, service::FreshConnection};
