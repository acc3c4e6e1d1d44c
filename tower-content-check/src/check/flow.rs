use super::{
    And, CheckHead, ContentType, ExpectedContent, Length, MaxSize, NotEmpty, PartialContent, Prefix,
};
use crate::{Check, Head, Rejection};

/// A check that needs nothing but what passes: it judges content that is handed on as it comes.
///
/// [`ContinueLayer::check`](crate::continuation::ContinueLayer::check) takes these. At their
/// [end](Check::end) the content is gone: [`End::frames`](crate::End::frames) are none and
/// [`End::bytes`](crate::End::bytes) are empty, while head, [`received`](crate::End::received) and trailers are right.
/// What the check found out by then is too late for the reader, who has all but the last frame.
///
/// ```
/// use bytes::Bytes;
/// use tower_content_check::{Check, End, Rejection, check::FlowCheck};
///
/// #[derive(Clone, Default)]
/// struct EndsWithNewline(Option<u8>);
///
/// impl Check for EndsWithNewline {
///     fn frame(&mut self, data: &Bytes) -> Result<(), Rejection> {
///         self.0 = data.last().copied().or(self.0);
///         Ok(())
///     }
///
///     fn end(&mut self, _: &mut End<'_>) -> Result<(), Rejection> {
///         if self.0 == Some(b'\n') { Ok(()) } else { Err(Rejection::transient("the last line is not complete")) }
///     }
/// }
///
/// impl FlowCheck for EndsWithNewline {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no check of content that is handed on as it comes",
    label = "needs the whole content, or does not say that it does not",
    note = "your own check becomes one by `impl FlowCheck for ..`, if its `end` looks at no frames"
)]
pub trait FlowCheck: Check {
    /// Called after [`Check::head`] where the content will be handed on: whatever the end needs of it has to be taken from
    /// the frames.
    ///
    /// # Errors
    ///
    /// A rejection, as that of the head.
    fn begin(&mut self, head: &Head<'_>) -> Result<(), Rejection> {
        let _ = head;
        Ok(())
    }

    /// Whether there is nothing to judge, so that nothing has to be kept for it and no frame held back.
    fn accepts_everything(&self) -> bool {
        false
    }
}

impl FlowCheck for Length {}
impl FlowCheck for NotEmpty {}
impl FlowCheck for ExpectedContent {}
impl FlowCheck for MaxSize {}
impl FlowCheck for PartialContent {}
impl FlowCheck for ContentType {}
impl FlowCheck for Prefix {}
#[cfg(feature = "text")]
impl FlowCheck for super::Utf8 {}
#[cfg(feature = "json")]
impl FlowCheck for super::Json {}

impl<F> FlowCheck for CheckHead<F> where F: FnMut(&Head<'_>) -> Result<(), Rejection> + Send {}

impl<A: FlowCheck, B: FlowCheck> FlowCheck for And<A, B> {
    fn begin(&mut self, head: &Head<'_>) -> Result<(), Rejection> {
        self.first.begin(head)?;
        self.second.begin(head)
    }

    fn accepts_everything(&self) -> bool {
        self.first.accepts_everything() && self.second.accepts_everything()
    }
}

impl<C: FlowCheck> FlowCheck for Option<C> {
    fn begin(&mut self, head: &Head<'_>) -> Result<(), Rejection> {
        self.as_mut().map_or(Ok(()), |check| check.begin(head))
    }

    fn accepts_everything(&self) -> bool {
        self.as_ref().is_none_or(FlowCheck::accepts_everything)
    }
}
