use super::record::Record;
use crate::{BoxError, ContentCheckError, Rejection};

/// An answer to a request for the rest that cannot be put behind what came before.
#[derive(Debug)]
pub(super) struct Refusal {
    reason: &'static str,
    /// Whether what came before may still be continued.
    pub(super) keeps: bool,
}

// ===== impl Refusal =====

impl Refusal {
    /// The content is another one now: what came before is of no use.
    pub(super) fn changed(reason: &'static str) -> Self {
        Self { reason, keeps: false }
    }

    /// The answer contradicts itself or what was asked for, and says nothing of the content. Wrong ranges come from
    /// single nodes of a cache, so asking again helps.
    pub(super) fn contradiction(reason: &'static str) -> Self {
        Self { reason, keeps: true }
    }

    /// A failed transfer: it says nothing against the content, and two of them are not the same content twice.
    pub(super) fn into_error(self, record: &Record) -> BoxError {
        let reason = Rejection::cut(self.reason);
        ContentCheckError::body(reason.into(), record.len(), record.complete).into()
    }
}
