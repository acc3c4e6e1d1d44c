//! Spans and events of the crate `tracing`, in OpenTelemetry's names.
//!
//! [`TracingObserver`] is given to the policy and writes an event per retry and one at the end of each call;
//! [`RetrySpanLayer`] stands outside the retry and opens a span around all attempts. Each is of use without the other;
//! together, the events stand in the span.
//!
//! ```
//! use tower::{ServiceBuilder, ServiceExt};
//! use tower_retry_policy::{RetryLayer, RetryPolicy, RetrySpanLayer, TracingObserver};
//!
//! # type Request = http::Request<http_body_util::Empty<bytes::Bytes>>;
//! # let client = tower::service_fn(|_: Request| async {
//! #     Ok::<_, tower::BoxError>(http::Response::new(()))
//! # });
//! let service = ServiceBuilder::new()
//!     .layer(RetrySpanLayer::new())
//!     .layer(RetryLayer::new(RetryPolicy::standard().observer(TracingObserver::new())))
//!     .service(client);
//! # let request = http::Request::get("http://example.com/").body(Default::default()).unwrap();
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
//! #     .block_on(service.oneshot(request)).unwrap();
//! ```
//!
//! # Fields
//!
//! | field | where | what |
//! |---|---|---|
//! | `http.request.method` | all | the method; `_OTHER` for one that no RFC registers, so that nobody can fill a database with names |
//! | `http.request.method_original` | span | that other method |
//! | `server.address`, `server.port` | all | of the target, where it names a host; in the events of a retry and of the end, of the [endpoint](crate::endpoints) that was chosen |
//! | `url.full` | span | scheme, host, port and path |
//! | `http.request.resend_count` | all, from the first retry on | retries so far; in the event of a retry, the one to come |
//! | `http.response.status_code` | all, where there was a response | its status |
//! | `error.type` | all, where something failed | the status from 400 on, else the [phase](crate::Phase) |
//! | `retry.wait_ms` | event of a retry | the wait before it, in milliseconds |
//! | `retry.asked_by_server` | event of a retry | whether that wait was the server's hint |
//! | `retry.stop_reason` | event of the end | why there was no further attempt, by [name](crate::StopReason::name) |
//! | `retry.elapsed_ms` | event of the end | all attempts and waits, in milliseconds |
//! | `retry.continuation` | events of a [body that broke off](crate::continuing) | how often it is asked for again |
//! | `retry.offset` | events of a body that broke off | the bytes that the reader had then |
//! | `retry.length` | events of a body that broke off | the length of the whole in bytes, where it is known |
//!
//! The first five and `error.type` are those of OpenTelemetry's semantic conventions for HTTP client spans, stable since
//! version 1.23; `retry.*` has no counterpart there. The span is named `http.call`, and `otel.name` is the method, as
//! the conventions ask where no template of the target is known. `otel.kind` is `internal`: the spans of kind client are
//! the attempts', which a layer inside the retry may open.
//!
//! # What is left out
//!
//! `url.full` has neither credentials nor query nor fragment. The conventions ask for credentials and for known
//! signatures to be redacted; which parameters of a query are secret cannot be known here, so all of it goes. A secret
//! in a path stays. The text of an error is not written either, because clients put the whole URL into theirs; the
//! caller gets the error, and a [`History`](crate::History) with it.
//!
//! # Levels
//!
//! The span is `INFO`. The end of a call whose first attempt succeeded is `DEBUG`, a retry and a success after one are
//! `INFO`, and a call on which the policy gave up is `WARN`; likewise for bodies that broke off. The target of all is `tower_retry_policy`.
//!
//! # What this cannot do
//!
//! A call that is dropped ends its span and has no event of an end. A span ends with the response's head, or with the
//! body where a content check reads that inside the call. What is told of a body that is read after its call, and of the
//! calls for its rest, stands in the span of whoever reads it.

mod facts;
mod future;
mod layer;
mod observer;
mod service;

pub use self::{
    future::ResponseFuture, layer::RetrySpanLayer, observer::TracingObserver, service::RetrySpan,
};

/// The target of spans and events: where they come from, whatever file they stand in.
const TARGET: &str = "tower_retry_policy";
