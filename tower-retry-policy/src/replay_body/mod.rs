//! Request bodies that can be sent again: recorded while they are sent, up to a limit.
//!
//! A body that is a stream can be read once, so a retry has nothing to send. [`ReplayBodyLayer`] stands outside the
//! retry and makes every request's body a [`ReplayBody`], a handle on a recording. Each attempt reads its own clone:
//! what an earlier attempt has read comes from the recording, the rest from the stream.
//!
//! ```
//! use bytes::Bytes;
//! use http::{Request, Response, StatusCode};
//! use http_body_util::{BodyExt, channel::Channel};
//! use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
//! use tower_retry_policy::{ReplayBody, ReplayBodyLayer, RetryLayer, RetryPolicy};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! # let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
//! # let log = std::sync::Arc::clone(&seen);
//! // a server that answers 503 to the first two attempts
//! let client = service_fn(move |request: Request<ReplayBody>| {
//! #   let log = std::sync::Arc::clone(&log);
//!     async move {
//!         let upload = request.into_body().collect().await?.to_bytes();
//! #       let mut log = log.lock().unwrap();
//! #       log.push(upload);
//! #       let status = if log.len() < 3 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::CREATED };
//!         Ok::<_, BoxError>(Response::builder().status(status).body(())?)
//!     }
//! });
//! let service = ServiceBuilder::new()
//!     .layer(ReplayBodyLayer::new())
//!     .layer(RetryLayer::new(RetryPolicy::standard()))
//!     .service(client);
//!
//! let (mut sender, upload) = Channel::<Bytes>::new(1);
//! tokio::spawn(async move {
//!     for piece in ["a body ", "that can be ", "read once"] {
//!         let _ = sender.send_data(piece.into()).await;
//!     }
//! });
//! let response = service.oneshot(Request::put("http://example.com/file").body(upload)?).await?;
//! assert_eq!(response.status(), StatusCode::CREATED);
//! # assert_eq!(*seen.lock().unwrap(), ["a body that can be read once"; 3]);
//! # Ok(())
//! # }
//! ```
//!
//! # The limit
//! It counts bytes of data and of trailers, 64 KiB unless [set](ReplayBodyLayer::limit). A body that grows longer is
//! sent on, what was recorded of it is dropped, and the policy ends the call after a failure with
//! [`StopReason::BodyNotReplayable`](crate::StopReason::BodyNotReplayable). One that says at once that it is too long
//! (`Content-Length`, for a body that came over HTTP) is not recorded at all. As long as nothing was read of it
//! (no connection could be made) such a request is tried again all the same.
//!
//! # What happens when
//!
//! | event | what follows |
//! |---|---|
//! | a retry before anything was read, or after a part | the next attempt sends the whole body |
//! | a response before the upload has ended, and it is final | the upload goes on |
//! | a response before the upload has ended, and it is retried | the next attempt has the body; the old one gets an [error](ReplayBodyError::is_superseded) when it asks for more, and its connection is closed. An attempt that runs beside it reads on |
//! | a hedge is due, and the body is still coming | it waits until the body has reached its end, within the limit: a slow uploader is not a slow server. It is asked for again after the delay |
//! | a hedge starts | it sends the whole body, byte for byte, from the recording |
//! | two clones that are read at once | both get the whole body; over the limit the one in front goes on, the other gets an [error](ReplayBodyError::is_not_replayable), which does not end the call, and no further attempt starts (gRPC A6) |
//! | an upload that is dropped | nothing is lost: the next attempt goes on from what was read |
//! | the body fails | the error is remembered, and every reader gets it, now and later; the policy does not try again |
//! | the body ends short of the length that it announced (an exact `size_hint`), or goes beyond it | an [error](ReplayBodyError::is_wrong_length), remembered likewise: no attempt sends the short content as if it were whole |
//! | the body panics | the panic goes its way; later readers get an error |
//!
//! # What it costs
//! An empty body, a `Full<Bytes>` and a `String` are there already: they are repeated as they are, without a recording
//! and without an allocation. Anything else costs one allocation for the recording, and none for a body of one frame
//! beyond that. Frames are kept as they are, not copied, except for those under 2 KiB, which would keep alive a larger
//! buffer each. `cargo bench -p retry-policy-benches --bench replay_body` prints the figures.
//!
//! # What this cannot do
//! - A body that is not `Unpin` has to be boxed: `Box::pin(body)`, or `BodyExt::boxed_unsync`.
//! - Between this layer and the retry nothing may change the body's type: the policy would not know a body that is
//!   over the limit, would try again, and the attempt would fail with [`ReplayBodyError`], unsent.
//! - Frames come again with the same bytes, not with the same cuts.

mod announced;
mod body;
mod error;
mod layer;
mod place;
mod record;
mod recording;
mod retired;
mod service;
mod source;
mod waiting;

pub(crate) use self::place::Ticket;
pub use self::{
    body::ReplayBody, error::ReplayBodyError, layer::ReplayBodyLayer, service::ReplayBodyService,
};
use crate::limits::Sending;
use std::{any::Any, sync::Arc};

const DEFAULT_LIMIT: usize = 64 * 1024;

/// Whether a request's body can be sent again. Bodies of other types are what their `Clone` makes of them.
pub(crate) fn is_replayable<B: 'static>(body: &B) -> bool {
    (body as &dyn Any).downcast_ref().is_none_or(ReplayBody::is_replayable)
}

/// Whether all of a request's body is there, so that another attempt beside those that run would not wait for it.
pub(crate) fn is_complete<B: 'static>(body: &B) -> bool {
    (body as &dyn Any).downcast_ref().is_none_or(ReplayBody::is_complete)
}

/// What tells whether an attempt waits for its request's body, where that is recorded and so may be waited for.
#[inline]
pub(crate) fn sending<B: 'static>(body: &mut B) -> Option<Arc<Sending>> {
    (body as &mut dyn Any).downcast_mut().and_then(ReplayBody::sending)
}

/// The number of an attempt's reader, where it has one.
#[inline]
pub(crate) fn number<B: 'static>(body: &mut B) -> Option<Ticket> {
    (body as &mut dyn Any).downcast_mut().and_then(ReplayBody::number)
}

/// The attempt whose reader has this number is over, and its outcome is not the call's: what still reads its body
/// stops.
pub(crate) fn retire<B: 'static>(body: &B, reader: Ticket) {
    if let Some(body) = (body as &dyn Any).downcast_ref() {
        ReplayBody::retire(body, reader);
    }
}

/// As [`retire`], for all that have begun: where attempts follow one another there is none beside.
pub(crate) fn restart<B: 'static>(body: &B) {
    if let Some(body) = (body as &dyn Any).downcast_ref() {
        ReplayBody::restart(body);
    }
}
