//! A limit on the way to a connection, for hyper-util's client. What it ends was never sent, so any method may repeat.
//!
//! A server that accepts a connection and falls silent in the TLS handshake looks like one that is silent before the
//! head: [`AttemptTimeoutLayer::head`](crate::AttemptTimeoutLayer::head) cannot know whether the request was sent, says
//! [`Phase::Read`](crate::Phase::Read), and a `POST` ends there. The client knows. [`ConnectTimeoutLayer`] limits the time
//! until the request has its connection, and its error is of the phase [`Phase::Connect`](crate::Phase::Connect).
//!
//! It covers all that comes before the request: the look-up of the name, TCP, a proxy's tunnel, the TLS handshake, and
//! the wait for a connection that another call makes (HTTP/2). A call costs the note in which
//! the client enters its connection, a few allocations; over a connection of the pool, no timer.
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
//! use tower_retry_policy::{AttemptTimeoutLayer, ConnectTimeoutLayer, RetryLayer, RetryPolicy};
//!
//! # async fn example() -> Result<(), BoxError> {
//! # let https = HttpConnector::new();
//! // `https` is the connector of hyper-rustls or hyper-tls
//! let client = Client::builder(TokioExecutor::new())
//!     .retry_canceled_requests(false) // the policy repeats what was not sent, with a limit for each connection
//!     .build::<_, Full<Bytes>>(https);
//! let service = ServiceBuilder::new()
//!     .layer(RetryLayer::new(RetryPolicy::standard()))
//!     // the limit on the head counts from the call, connecting included: it has to be the longer one
//!     .layer(AttemptTimeoutLayer::new().head(Duration::from_secs(30)))
//!     .layer(ConnectTimeoutLayer::new(Duration::from_secs(5)))
//!     .service(client);
//!
//! // tried again while there is no connection, and sent once
//! let order = Request::post("https://example.com/orders").body(Full::from("one of each"))?;
//! service.oneshot(order).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Where it stands
//! Right around hyper-util's client, and that is what its types ask for: around anything else it does not compile. With
//! a service in between that goes on with a call that was given up, or that never tells of its connections, "no
//! connection" would not mean "not sent".
//!
//! # How long
//! Longer than TCP's first repeat of a lost SYN (1 s, RFC 6298 section 2) with the handshake's round trips, and shorter
//! than the limit on the head: if that one passes first, nobody learns that the request was not sent. There is no default.
//!
//! # Other clients
//! They do not tell of a request whether it has its connection, so their own limit has to be set; the policy takes its
//! error for [`Phase::Connect`](crate::Phase::Connect) too (`tests/connect_timeout`):
//!
//! | client | setting | the TLS handshake |
//! |---|---|---|
//! | reqwest | `ClientBuilder::connect_timeout` | included |
//! | tonic | `Endpoint::connect_timeout` | with `connect_with_connector_lazy` included; with `connect_lazy` it limits TCP alone, and `ClientTlsConfig::timeout` the handshake |
//! | hyper-util, the connector alone | `HttpConnector::set_connect_timeout` | not included |
//!
//! # What this cannot do
//! - hyper-util repeats by itself what met a dead connection of the pool before it was begun. The client then had a
//!   connection, which ended the limit, and makes another one without a limit: a server that is silent in the handshake
//!   ends a `POST` there that was never sent. With `retry_canceled_requests(false)` the policy repeats it
//!   ([`Phase::Unprocessed`](crate::Phase::Unprocessed)), as an attempt with a limit of its own.
//! - A request that has its connection and waits there, for a stream of a crowded HTTP/2 connection, say, may be sent at
//!   any moment: from there on the limit on the head holds.
//! - One capture of a connection fits into a request: that of a caller who has used hyper-util's `capture_connection` too
//!   is replaced and stays empty.
//! - A connection that the client goes on making in the background, because another one was free sooner, is not limited:
//!   that is the connector's to do.

mod error;
mod future;
mod layer;
mod service;

pub use self::{
    error::ConnectTimeoutError, future::ResponseFuture, layer::ConnectTimeoutLayer, service::ConnectTimeout,
};
