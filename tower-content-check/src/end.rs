use crate::{Head, frames::Frames, head::FieldNames};
use bytes::Bytes;
use http::{Extensions, HeaderMap};
use std::fmt;

/// The whole response at the end of its body: the view that [`Check::end`](crate::Check::end) is given.
pub struct End<'a> {
    head: Head<'a>,
    frames: &'a Frames,
    /// Bytes that were handed on as they came and are in no frame.
    passed: u64,
    extensions: &'a mut Extensions,
    joined: Option<Bytes>,
}

// ===== impl End =====

impl<'a> End<'a> {
    pub(crate) fn new(head: Head<'a>, frames: &'a Frames, extensions: &'a mut Extensions) -> Self {
        Self { head, frames, passed: 0, extensions, joined: None }
    }

    /// Of content that was handed on as it came; `frames` has the trailers alone.
    pub(crate) fn of_passed(
        head: Head<'a>,
        passed: u64,
        frames: &'a Frames,
        extensions: &'a mut Extensions,
    ) -> Self {
        Self { head, frames, passed, extensions, joined: None }
    }

    /// The head of the response.
    pub fn head(&self) -> &Head<'a> {
        &self.head
    }

    /// The trailers, where there were any.
    pub fn trailers(&self) -> Option<&'a HeaderMap> {
        self.frames.trailers()
    }

    /// The length of the content in bytes.
    pub fn received(&self) -> u64 {
        self.frames.len() + self.passed
    }

    /// The content in portions: those in which it came, except that many short ones are joined. None where a
    /// [`ContinueLayer`](crate::continuation::ContinueLayer) has handed them on.
    pub fn frames(&self) -> impl DoubleEndedIterator<Item = &'a Bytes> + ExactSizeIterator + Clone + use<'a> {
        self.frames.iter()
    }

    /// Whether the content that came before is not here any more.
    #[cfg(feature = "digest")]
    pub(crate) fn is_passed(&self) -> bool {
        self.passed > 0
    }

    /// Whether there is no content, by the answer's own word, and none is expected: see [`Head::expects_content`].
    pub(crate) fn has_no_content(&self) -> bool {
        self.received() == 0 && !self.head.is_close_delimited() && !self.head.expects_content()
    }

    /// The content in one piece.
    ///
    /// This copies it when it came in several frames, once for all checks; [`frames`](Self::frames) does not.
    pub fn bytes(&mut self) -> Bytes {
        let frames = self.frames;
        self.joined.get_or_insert_with(|| frames.join()).clone()
    }

    /// The extensions of the response, where a check may leave what it found out.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        self.extensions
    }
}

impl fmt::Debug for End<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("End")
            .field("head", &self.head)
            .field("received", &self.received())
            .field("trailers", &self.trailers().map(FieldNames))
            .finish_non_exhaustive()
    }
}
