//! A body that broke off is continued by the next attempt instead of being sent again.
//!
//! [`ResumeLayer`] stands inside the retry and below the content check. It takes note of what has come of a body;
//! when the body breaks off after n bytes, the next attempt asks for the rest with `Range: bytes=n-`, closed where the length
//! is known, on the condition
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
//! It is for content that is judged before anybody sees it, and held for that. A body that is read as it comes, or is larger
//! than that, continues itself: [`ContinueLayer`](crate::continuation::ContinueLayer), and
//! [there](crate::continuation#which-of-the-three) is which of them to take.
//!
//! # When it does something
//!
//! The request is a GET without `Range` and `If-Range` of its own, and the response a 200 with a strong `ETag`. Only a
//! body that *failed*, or ended before its declared length, is continued: one that was rejected is not worth it. A body
//! that ends before its declared length fails, whatever check stands above.
//!
//! # What it accepts
//!
//! Others have damaged content here by trusting the server: duplicated bytes, parts of other versions, ranges that begin
//! elsewhere. What an answer to a request for the rest does:
//!
//! | answer | effect |
//! |---|---|
//! | 206 that begins at the byte asked for and goes to the known end | continues: one whole response |
//! | 206 that begins earlier | the same; what came before is dropped |
//! | 206 that ends before the end, or whose end is not known (`bytes 3-5/*`) | its bytes are kept, and the attempt fails: the next one asks for what follows |
//! | 206 that brings fewer bytes than its range | the same |
//! | 416 with `*/n` where n bytes have come and no length was known | the body is whole: only its end was missing |
//! | 206 with another `ETag` or none, length, `Content-Encoding` or `Last-Modified`; 416 with another length | the content changed: the attempt fails, the next one starts over |
//! | 206 without a valid `Content-Range`, beginning later, contradicting its `Content-Length`, of another media type; any other 416 | the attempt fails, the next one asks again; after the second in a row it starts over |
//! | 206 that brings more bytes than its range | the attempt fails, the next one starts over |
//! | 200 | starts over at once |
//! | anything else, such as a 503 | is handed on; what came is kept |
//!
//! A failed attempt is a body that broke off ([`is_body`](crate::ContentCheckError::is_body)), the reason is the
//! `source()`. It has no [`fingerprint`](crate::ContentCheckError::fingerprint): a refused range is no evidence
//! against the content.
//!
//! # The head of the whole
//!
//! It is the head of the 200, as RFC 9110 section 15.3.7.3 has it, with the length of the whole: a `Repr-Digest`, a
//! checksum, a `Content-Type` or a `Set-Cookie` of the first answer stand, and the fields of a 206 go. One is added: a
//! `Repr-Digest` that only the 206 states, because it is of the whole by definition. The trailers are those of the
//! last part, without digests and checksums that may be of that part alone; its `Repr-Digest` stands.
//!
//! # Encoded content
//!
//! The layer belongs *below* a decompression layer. There it continues the bytes as they were sent, if the 206 states the
//! same `Content-Encoding`, or states none and the same length of the whole as the 200 did. RFC 9110 section 15.3.7 tells
//! servers to leave the field out, but caches that pack on their way keep the tag, and what is packed differs in length. Above decompression, offsets in the
//! unpacked content mean nothing to the server, and nobody says that content was unpacked. So what may have been is not
//! continued: without `Content-Encoding` and `Content-Length`, an answer to a request that asked for a coding, one that
//! varies by it, and one of HTTP/1 that has no framing either. The rest of plain content is asked for with
//! `Accept-Encoding: identity` where the request says nothing.
//!
//! What remains undetected is a response that was encoded unasked, carried neither length nor `Vary`, and was unpacked
//! below this layer: keep to the order above.
//!
//! # What it cannot do
//!
//! Weak `ETag`s and `Last-Modified` say nothing of bytes and are not used as conditions. What was received is held in
//! memory until the next attempt, up to [`max_bytes`](ResumeLayer::max_bytes).

mod answer;
mod body;
mod fields;
mod future;
mod install;
mod layer;
mod record;
mod resumable;
mod service;
mod watch;

pub use self::{
    body::ResumeBody,
    future::ResponseFuture,
    install::{InstallResumable, ResumableLayer},
    layer::ResumeLayer,
    resumable::{Resumable, Resumed},
    service::Resume,
};
