//! A body that broke off is continued by the next attempt instead of being sent again.
//!
//! [`ResumeLayer`] stands inside the retry and below the content check. It takes note of what has come of a body;
//! when the body breaks off after n bytes, the next attempt asks for the rest with `Range: bytes=n-`, on the condition
//! (`If-Range`) that the content is still the one with the same strong `ETag`. To the content check above it looks like
//! one whole response, which it judges from its first byte: a digest covers the whole, whatever it was put together
//! from.
//!
//! What came before has to reach the next attempt: that is what [`Resumable`] in the request's extensions is for. A
//! retry clones the request with its extensions, so all attempts of a call share it. Without it the layer does nothing.
//! [`ResumableLayer`], outside the retry, gives each request one:
//!
//! ```text
//! ResumableLayer        each call gets its Resumable
//!   Retry
//!     ContentCheck      judges the whole
//!       ResumeLayer     this one
//!         AttemptTimeout
//!           the client
//! ```
//!
//! # When it does something
//!
//! The request is a GET without `Range` and `If-Range` of its own, and the response a 200 with a strong `ETag`. Only a
//! body that *failed*, or ended before its declared length, is continued: one that was rejected is not worth it.
//!
//! # What it accepts
//!
//! Others have damaged content here by trusting the server: duplicated bytes, parts of other versions, ranges that begin
//! elsewhere. A 206 is accepted only if its `Content-Range` begins at the byte asked for and goes to the end, if the
//! length of the whole is the one known before, and if its `ETag` is the same; the body must have the length of the
//! range. Otherwise the attempt fails, transiently, and the next one starts over. A 200 starts over at once.
//!
//! # What it cannot do
//!
//! Weak `ETag`s and `Last-Modified` say nothing of bytes and are not used. What was received is held in memory until the
//! next attempt, up to [`max_bytes`](ResumeLayer::max_bytes).

mod answer;
mod body;
mod etag;
mod future;
mod install;
mod layer;
mod record;
mod resumable;
mod service;

pub use self::{
    body::ResumeBody,
    future::ResponseFuture,
    install::{InstallResumable, ResumableLayer},
    layer::ResumeLayer,
    resumable::{Resumable, Resumed},
    service::Resume,
};
