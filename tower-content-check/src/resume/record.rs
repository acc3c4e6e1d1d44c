use crate::{
    BoxError, ContentCheckError, Rejection,
    frames::Frames,
    range::{Fault, Representation},
};
use bytes::Bytes;
use http::{HeaderMap, Uri};
use std::fmt;

/// What has come of a representation, and what is known of it.
#[derive(Clone)]
pub(super) struct Record {
    pub(super) uri: Uri,
    pub(super) content: Representation,
    /// The fields of the complete response: they stand for the whole.
    pub(super) head: HeaderMap,
    pub(super) frames: Frames,
    /// Whether a server has refused the rest since the last byte came.
    pub(super) refused: bool,
}

// ===== impl Record =====

impl Record {
    /// Begins with a complete response.
    pub(super) fn begin(uri: Uri, content: Representation, head: HeaderMap) -> Self {
        Self { uri, content, head, frames: Frames::default(), refused: false }
    }

    pub(super) fn push(&mut self, data: &Bytes) {
        self.frames.push(data.clone());
    }

    /// Bytes that have come.
    pub(super) fn len(&self) -> u64 {
        self.frames.len()
    }

    /// Whether there is something to continue, and something missing.
    pub(super) fn is_partial(&self) -> bool {
        self.len() > 0 && self.content.length.is_none_or(|complete| self.len() < complete)
    }

    /// Whether this is of the same version.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.content.validator == other.content.validator
    }

    /// An answer that cannot be put behind this is a failed transfer: it says nothing against the content, and two of them
    /// are not the same content twice.
    pub(super) fn error(&self, fault: Fault) -> BoxError {
        let reason = Rejection::cut(fault.reason);
        ContentCheckError::body(reason.into(), self.len(), self.content.length).into()
    }
}

impl fmt::Debug for Record {
    /// Shows neither the address nor the fields: both may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("received", &self.len())
            .field("complete", &self.content.length)
            .finish_non_exhaustive()
    }
}
