//! A body that breaks off while it is read asks for its own rest.
//!
//! [`ContinueLayer`] hands on the head of a response at once, with a body that goes on at the very byte where it broke off:
//! it asks the service below for the rest (`Range`), on the condition that the content is still the same (`If-Range` with
//! the strong `ETag` of the first head). Whoever reads it, a parser, a file, a client behind a proxy, sees one body that
//! came a little later. It holds no more than one frame, and works only when it is polled.
//!
//! ```
//! use http::{Request, header::ACCEPT_ENCODING};
//! use http_body_util::{BodyExt, Empty};
//! use std::time::Duration;
//! use tower::{ServiceBuilder, ServiceExt};
//! use tower_content_check::{
//!     BoxError,
//!     check::Length,
//!     continuation::{Break, ContinueLayer, Continuations},
//! };
//!
//! # use bytes::Bytes;
//! # use http::Response;
//! # use hyper_util::{client::legacy::Client, rt::TokioExecutor};
//! async fn download(url: &str) -> Result<u64, BoxError> {
//!     let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
//!     // a retry policy in place of the closure decides as it does for any other failure
//!     let policy = |broke: &Break<'_>| {
//!         (broke.in_a_row() <= 5).then(|| tokio::time::sleep(Duration::from_secs(1)))
//!     };
//!     let service = ServiceBuilder::new()
//!         .layer(ContinueLayer::new(policy).check(Length::new()))
//!         .service(client);
//!
//!     let request = Request::get(url).header(ACCEPT_ENCODING, "identity").body(Empty::new())?;
//!     let response = service.oneshot(request).await?;
//!     let continuations = Continuations::of(&response).cloned();
//!     let mut body = std::pin::pin!(response.into_body());
//!     let mut bytes = 0;
//!     while let Some(frame) = body.frame().await {
//!         // An error here: nothing of what was read may be used.
//!         if let Ok(data) = frame?.into_data() {
//!             bytes += data.len() as u64;
//!         }
//!     }
//!     println!("{bytes} bytes, {continuations:?}");
//!     Ok(bytes)
//! }
//! # let _ = download;
//! ```
//!
//! # Which of the three
//!
//! | | holds | the caller gets | for |
//! |---|---|---|---|
//! | [`ContentCheckLayer`](crate::ContentCheckLayer) | the whole, up to 16 MiB | only what is right, and a wrong body is a failed attempt | answers of an API |
//! | with [`ResumeLayer`](crate::resume::ResumeLayer) below | the same | the same; what came of a cut body is not sent again | the same, over bad links |
//! | [`ContinueLayer`] | one frame | the beginning before the end is known | downloads, streams, proxies; whatever is large |
//!
//! Only the first two can start over with other content, because nobody has seen any. This layer cannot take back what was
//! read: where its error says that the content [changed](ContinueError::is_changed) or was
//! [rejected](ContinueError::is_rejected), starting over is the reader's.
//!
//! # Where it stands
//!
//! ```text
//! DeadlineLayer             its body ends the whole; its extension reaches every continuation
//!   DecompressionLayer      above: what is continued are the packed bytes
//!     ContinueLayer         outside the retry, whose future ends with the head
//!       FollowRedirectLayer below: addresses that were signed for a minute are fetched anew
//!         signing, tokens   below: each request is signed afresh
//!           Retry           connections, heads and statuses, of the requests for the rest too
//!             AttemptTimeout  head and silence; no total
//!               the client
//! ```
//!
//! Silence is a break like any other, if a layer below makes an error of it: this one has no clock. A total time per attempt
//! would end every long body; leave it out. `ResumeLayer` leaves requests with a `Range` alone, so both may stand in a
//! stack, but a `ResumableLayer` outside of this one would make it keep what it sees of each body.
//!
//! # What is continued
//!
//! The body of a 200 to a GET without a `Range` or `If-Range` of its own, with one strong `ETag`, unless the answer refuses
//! ranges (`Accept-Ranges: none`) or may have been unpacked below (see [`resume`](crate::resume#encoded-content)). Anything
//! else passes, and so does an error of it, as it is. [`DoNotContinue`] switches it off for one request, and
//! [`allow_last_modified`](ContinueLayer::allow_last_modified) takes a date where there is no tag.
//!
//! A break is an error of the body, silence that a layer below makes one, or an end before the declared length. A body of
//! unknown length that ends cleanly has ended. An error behind the last byte is the end: nothing is asked for then.
//!
//! The rest is asked for by a copy of the request as this layer got it, extensions included, without `If-None-Match` and
//! `If-Modified-Since`, and with a closed range where the length is known. With nothing read yet it is asked for without a
//! range, and must be of the same version, because the reader has the head.
//!
//! | answer | effect |
//! |---|---|
//! | 206 from the byte asked for, of the same tag and total | goes on |
//! | 206 that begins earlier | the overlap is dropped, up to [`skip`](ContinueLayer::skip) |
//! | 206 that ends before the end | goes on, and the next part is asked for at once, if enough came ([`progress`](ContinueLayer::progress)) |
//! | 200 with the same tag | what is known is dropped, up to `skip`; beyond that it is a break |
//! | 416 with `*/n` where n bytes came and no length was known | the end |
//! | 206 without a valid range, beginning later, with a weak tag or none, in another coding, contradicting its own length | a break: single servers of many do so |
//! | 206 that brings more than its range | nothing beyond it is handed on, and it is a break; behind the last byte of all it is the end of it, with an error |
//! | 408, 425, 429, 5xx; no answer | a break |
//! | any other 416 | a break; without a length, the second in a row is final |
//! | 200 or 206 with another tag, 200 with none, another total, 412, 304 | final: [changed](ContinueError::is_changed) |
//! | 404, 410 | final: [gone](ContinueError::is_gone) |
//! | any other status | final, with that [status](ContinueError::status) |
//!
//! The body of an answer that is not gone on with is dropped unread. A break is put to the [`ContinuePolicy`], which says
//! how long to wait or that it is enough; what broke is let go before the wait. Breaks are counted in a row, and anew once
//! 64 KiB have come, so that a server that drips a byte per connection ends, and a long body over a bad link does not.
//!
//! # Checks on the way
//!
//! [`check`](ContinueLayer::check) takes checks that need nothing but what passes ([`FlowCheck`](crate::check::FlowCheck)):
//! lengths, digests, UTF-8, JSON. Digests are of the whole and compared with the first head, or with trailers that `Trailer`
//! announced; what a part says of itself is not looked at. The verdict comes at the end, when the bytes are out. It is an
//! error in place of the last frame where the length is known, and behind it elsewhere: *discard what has been read*. For a
//! file: write beside it, and rename at the good end.
//!
//! # To a reader
//!
//! `http-body-util` and `tokio-util` make an `AsyncRead` of it, for archives and parsers that cannot rewind:
//!
//! ```
//! use bytes::Bytes;
//! use http_body::Body;
//! use http_body_util::BodyExt;
//! use std::io;
//! use tokio::io::{AsyncRead, BufReader};
//! use tokio_util::io::StreamReader;
//! use tower_content_check::BoxError;
//!
//! fn reader(body: impl Body<Data = Bytes, Error = BoxError> + Unpin) -> impl AsyncRead {
//!     BufReader::new(StreamReader::new(body.map_err(io::Error::other).into_data_stream()))
//! }
//! # let _ = reader(http_body_util::Empty::new().map_err(|never| match never {}));
//! ```
//!
//! # Errors
//!
//! [`ContinueError`], from the body, with the last break as its source and all breaks told
//! ([`breaks`](ContinueError::breaks)). A check that rejects the head makes it the error of the call. The handle in the
//! extensions ([`Continuations`]) says meanwhile how far it is.
//!
//! # What it cannot do
//!
//! It believes a strong tag: a server that changes content and keeps the tag is found out by a digest alone. It does not
//! compare the bytes that it drops. Bodies without a length are cut unnoticed where the cut looks like an end, as without
//! this layer. A request with a range of its own is not continued, nor one whose body cannot be cloned. Trailers are those
//! of the last message, without digests of a part; lost behind the last byte, they are no error unless a check needs them.

mod answer;
mod asking;
mod body;
mod break_off;
mod call;
mod count;
mod error;
mod failure;
mod flow;
mod future;
mod handle;
mod judging;
mod layer;
mod policy;
mod service;
mod settings;
mod splice;
mod story;
mod switch;

pub use self::{
    body::ContinuedBody,
    break_off::{Break, BreakKind},
    error::ContinueError,
    future::ResponseFuture,
    handle::Continuations,
    layer::ContinueLayer,
    policy::{ByClosure, ContinuePolicy, ContinueStream},
    service::Continue,
    story::BreakRecord,
    switch::DoNotContinue,
};
pub use crate::range::strong_validator;
