//! The limits of one attempt, from the call to the last frame of the response's body.
//!
//! A server can fall silent at any point: before the head, after it, in the middle of the body. A limit on the
//! response future alone, such as `tower::timeout`, ends with the head, so a body that stalls hangs its caller for
//! ever. [`AttemptTimeoutLayer`] wraps the response's body too, and what it reports is always an *error* that names
//! its limit, never a response that the server did not send.
//!
//! | limit | counts | from | to |
//! |---|---|---|---|
//! | [`head`](AttemptTimeoutLayer::head) | the wait for the response's head | the call; with a recorded upload, the last frame of it that was taken | the head |
//! | [`idle`](AttemptTimeoutLayer::idle) | silence in the body, each wait for a frame by itself | the wait's first poll | the next frame |
//! | [`total`](AttemptTimeoutLayer::total) | the whole attempt | the call | the end of the body |
//! | [`Deadline`](crate::deadline::Deadline) in the request's extensions | the call that the attempt belongs to | - | the deadline |
//!
//! All are optional, and none is set by default: what is long for one server is short for another.
//! The earliest one ends the attempt. At once, what it waited for is dropped, so that the connection is free.
//!
//! ```
//! use std::{convert::Infallible, time::Duration};
//!
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use http_body_util::{BodyExt, Full};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tower_retry_policy::attempt_timeout::{AttemptTimeoutError, AttemptTimeoutLayer};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! let silent = service_fn(|_: Request<Full<Bytes>>| async {
//!     std::future::pending::<()>().await;
//!     Ok::<_, Infallible>(Response::new(Full::new(Bytes::new())))
//! });
//! let limits = AttemptTimeoutLayer::new().head(Duration::from_secs(60)).idle(Duration::from_secs(10));
//! let service = ServiceBuilder::new().layer(limits).service(silent);
//!
//! let error = service.oneshot(Request::default()).await.map(|_| ()).unwrap_err();
//! assert_eq!(error.to_string(), "no response head within 60 s");
//! assert!(error.downcast_ref::<AttemptTimeoutError>().is_some_and(AttemptTimeoutError::is_head));
//! # }
//! ```
//!
//! # Where it stands
//! Inside the retry, so that each attempt has its own limits, and inside anything that reads the body within the
//! attempt (a content check), so that the reading is held to them. A limit on all attempts together is a
//! [`Deadline`](crate::deadline::Deadline).
//!
//! # Uploads
//! A client that is slow with its upload is not a slow server. Where the request's body is a
//! [`ReplayBody`](crate::ReplayBody) that records a stream, the attempt hears what it waits for, and `head` counts only while
//! that is the server: from the call until the body is asked for, which takes a connection, and again from each frame that was
//! taken. Time in which the body is asked for and has nothing is its sender's; from when it has something, the server's, though
//! nobody asks again. So `head` ends an attempt whose server takes
//! none of the upload for so long, or is silent after it; an upload that stalls it does not end. Whoever makes the body knows
//! how long it may pause, and lets it fail then, which no policy tries again; `total` and the deadline count all of it.
//!
//! Of other bodies nothing is known: `head` counts from the call, and has to have room for the sending. That holds for bytes
//! that are there at once too, which a client takes as one frame, however long the connection needs for them.
//!
//! # The data come before the timer
//! Each poll asks the inner future or body first. A head or frame that is there is handed over, even if a limit has passed
//! meanwhile; the timer is only asked when there is nothing. The `idle` clock runs only while somebody waits for a frame,
//! so a consumer that comes back late is not told that the server was silent. `total` and the deadline do count its
//! absence.
//!
//! # What it costs
//! No clock is read and no timer registered until the attempt has to wait for the first time. That is right, because
//! the first poll follows the call directly. Later waits of the body read the clock once each; they share one timer,
//! which is moved on when it fires too early, so that most frames cost no registration. The head's timer lives
//! within the future; the body's is one allocation, at the body's first wait. What remains for an answer that is there
//! at once is the moving of a response whose body has grown by 64 bytes: some 170 instructions, of which any body that is
//! as much larger costs 70 to 95. A recorded upload adds an allocation and, for each frame, a reading of the clock, or two
//! if it was waited for.
//! `cargo bench -p retry-policy-benches --bench attempt_timeout` prints all this beside other timeouts.
//!
//! # Differences from `tower::timeout` and tower-http's
//! - `tower::timeout` ends with the head and registers its timer with every call.
//! - tower-http's `TimeoutLayer` answers in the server's place (408), which a retry policy reads as the server's word.
//! - tower-http's `ResponseBodyTimeoutLayer` polls its timer before the body, so that a slow consumer is told
//!   that the server timed out although the frame was there; and it hides the body's length.
//!
//! # What this cannot do
//! - It needs tokio's time driver: without one, the first wait panics, as every tokio timer does.
//! - Limits end waiting, not work. A future that blocks its thread is not interrupted, and a body that has a frame at
//!   every poll meets no limit: bound its bytes, not its time. One that reads from tokio's sockets or channels is held to its
//!   limits, however fast it is: tokio makes it wait when its task has had its turn.
//! - `total` counts from the attempt's first wait. If the head is there at the first poll and the consumer stays away
//!   before it reads the body, that absence is left out.
//! - Tokio's timers count in steps of a millisecond, rounded up. A limit of more than 584 years is kept as that.
//! - The wait for the inner service's readiness is not counted: `poll_ready` belongs to no attempt yet.

mod error;
mod layer;
mod service;

pub use self::{error::AttemptTimeoutError, layer::AttemptTimeoutLayer, service::AttemptTimeout};
pub use crate::limits::{AttemptTimeouts, LimitedBody, ResponseFuture};
