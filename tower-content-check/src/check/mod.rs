//! The checks, ready-made and of your own.
//!
//! Each is a plain value: it is cloned for every response and then told the head, the frames and the end.
//!
//! | check | accepts | otherwise |
//! |---|---|---|
//! | [`Length`] | a body as long as declared | transient |
//! | [`NotEmpty`] | a body of at least one byte | transient |
//! | [`MaxSize`] | a body of at most so many bytes | permanent |
//! | [`ContentType`] | a media type of a list | transient, or as set |
//! | [`Json`] | JSON | transient, or as set |
//! | [`check_head`] | what a closure accepts of the head | as the closure says |
//! | [`check_fn`] | what a closure accepts of the whole | as the closure says |

mod and;
mod boxed;
mod closure;
mod content_type;
#[cfg(feature = "json")]
mod json;
mod length;
mod max_size;
mod not_empty;
mod optional;
mod tuple;

use bytes::Bytes;

#[cfg(feature = "json")]
pub use self::json::Json;
pub use self::{
    and::And,
    boxed::BoxCheck,
    closure::{CheckFn, CheckHead, check_fn, check_head},
    content_type::ContentType,
    length::Length,
    max_size::MaxSize,
    not_empty::NotEmpty,
};
use crate::{End, Head, Rejection};

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
