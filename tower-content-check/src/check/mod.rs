//! The checks, ready-made and of your own.
//!
//! Each is a plain value: it is cloned for every response and then told the head, the frames and the end.
//!
//! | check | accepts | otherwise |
//! |---|---|---|
//! | [`Length`] | a body as long as declared | a cut, or transient |
//! | [`NotEmpty`] | a body of at least one byte | transient |
//! | [`ExpectedContent`] | a body of at least one byte, or an empty one where that is an answer | transient |
//! | [`MaxSize`] | a body of at most so many bytes | permanent |
//! | [`PartialContent`] | the range that was asked for | transient |
//! | [`ContentType`] | a media type of a list | transient, or as set |
//! | [`Prefix`], [`Suffix`] | content that begins, ends with given bytes | transient |
//! | [`GrpcStatus`] | `grpc-status` 0, in trailers or headers | by code |
//! | `Utf8` (feature `text`) | UTF-8 | transient |
//! | `Json` (feature `json`) | JSON, judged frame by frame | transient, or as set |
//! | `JsonInto` (feature `json`) | JSON of a type, and parses it | transient, or as set |
//! | `Digest` (feature `digest`) | content that agrees with its digests | transient |
//! | `Checksum` (feature `checksum`) | content that agrees with its checksums | transient |
//! | `check_json` (feature `json`) | what a closure accepts of the JSON value | as the closure says |
//! | [`check_head`] | what a closure accepts of the head | as the closure says |
//! | [`check_fn`] | what a closure accepts of the whole | as the closure says |

mod and;
mod boxed;
#[cfg(feature = "checksum")]
mod checksum;
mod closure;
mod content_type;
#[cfg(feature = "digest")]
mod digest;
mod expected_content;
mod flow;
mod grpc_status;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "json")]
mod json_fn;
#[cfg(feature = "json")]
mod json_into;
mod length;
mod max_size;
mod not_empty;
mod optional;
mod partial_content;
mod prefix;
mod suffix;
mod tuple;
#[cfg(feature = "text")]
mod utf8;

#[cfg(feature = "checksum")]
pub use self::checksum::Checksum;
#[cfg(feature = "digest")]
pub use self::digest::Digest;
#[cfg(feature = "text")]
pub use self::utf8::Utf8;
pub use self::{
    and::And,
    boxed::BoxCheck,
    closure::{CheckFn, CheckHead, check_fn, check_head},
    content_type::ContentType,
    expected_content::ExpectedContent,
    flow::FlowCheck,
    grpc_status::GrpcStatus,
    length::Length,
    max_size::MaxSize,
    not_empty::NotEmpty,
    partial_content::PartialContent,
    prefix::Prefix,
    suffix::Suffix,
};
#[cfg(feature = "json")]
pub use self::{
    json::Json,
    json_fn::{CheckJson, check_json},
    json_into::{JsonInto, Parsed},
};
use crate::{End, Head, Rejection};
use bytes::Bytes;

/// Judges one response: its head, each frame as it arrives, and its end.
///
/// A check is the state of *one* response. The layer holds a prototype and clones it for each, so a new one must
/// be cheap to clone. It may reject at any point; the download ends there, and nothing more is asked.
///
/// ```
/// use bytes::Bytes;
/// use tower_content_check::{Check, ContentCheckLayer, End, Rejection};
///
/// /// Accepts a log whose last line is complete.
/// #[derive(Clone, Default)]
/// struct WholeLines {
///     last: Option<u8>,
/// }
///
/// impl Check for WholeLines {
///     fn frame(&mut self, data: &Bytes) -> Result<(), Rejection> {
///         self.last = data.last().copied().or(self.last);
///         Ok(())
///     }
///
///     fn end(&mut self, _: &mut End<'_>) -> Result<(), Rejection> {
///         match self.last {
///             Some(b'\n') => Ok(()),
///             _ => Err(Rejection::transient("the last line is not complete")),
///         }
///     }
/// }
///
/// let layer = ContentCheckLayer::new(WholeLines::default());
/// # let _ = layer;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a check of responses",
    label = "not a `Check`",
    note = "a closure becomes one by `check_fn` (over the whole response), `check_head` or `check_json`",
    note = "checks are combined by `Check::and`, or by tuples of up to eight"
)]
pub trait Check: Send {
    /// Judges the head, before anything of the body was read.
    ///
    /// # Errors
    ///
    /// A rejection: the body is not read at all.
    fn head(&mut self, head: &Head<'_>) -> Result<(), Rejection> {
        let _ = head;
        Ok(())
    }

    /// Judges the next portion of the content. Where it was cut is up to the network: a verdict must not
    /// depend on it.
    ///
    /// # Errors
    ///
    /// A rejection: the rest of the body is not read.
    fn frame(&mut self, data: &Bytes) -> Result<(), Rejection> {
        let _ = data;
        Ok(())
    }

    /// Judges the whole, with its trailers.
    ///
    /// # Errors
    ///
    /// A rejection: the response becomes an error.
    fn end(&mut self, end: &mut End<'_>) -> Result<(), Rejection> {
        let _ = end;
        Ok(())
    }

    /// Whether this check reads the content itself, so that it cannot judge one that is still compressed.
    ///
    /// A response with a `Content-Encoding` is then rejected, for good and with the advice to place a
    /// decompression layer below the content check. True unless a check says otherwise.
    fn needs_plain_content(&self) -> bool {
        true
    }

    /// Both: this check, and the other one if this one accepts.
    fn and<C>(self, other: C) -> And<Self, C>
    where
        Self: Sized,
        C: Check,
    {
        And::new(self, other)
    }
}
