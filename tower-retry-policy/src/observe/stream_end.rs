use crate::{History, StopReason, one_line::OneLine, target::Target};
use http::{Method, Uri};
use std::{error::Error, fmt, time::Duration};

/// The end of a body that had broken off, as an [`Observer`](super::Observer) sees it.
#[non_exhaustive]
#[derive(Clone, Copy)]
pub struct StreamEnd<'a> {
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    pub(crate) continuations: u32,
    pub(crate) broke_at: u64,
    pub(crate) length: Option<u64>,
    pub(crate) error: Option<&'a (dyn Error + 'static)>,
    pub(crate) stop: Option<StopReason>,
    pub(crate) history: &'a History,
    pub(crate) abandoned: bool,
    pub(crate) budget_balance: Option<u64>,
}

impl<'a> StreamEnd<'a> {
    /// The method of the first request.
    pub fn method(&self) -> &'a Method {
        self.method
    }

    /// The target of the first request.
    pub fn uri(&self) -> &'a Uri {
        self.uri
    }

    /// How often the rest was to be asked for: as often as [`continuing`](super::Observer::continuing) was called.
    pub fn continuations(&self) -> u32 {
        self.continuations
    }

    /// Bytes that the reader had when it broke off for the last time.
    pub fn broke_at(&self) -> u64 {
        self.broke_at
    }

    /// The length of the whole, where it is known.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// What the body ended with; `None` where it is whole, and where it was dropped.
    pub fn error(&self) -> Option<&'a (dyn Error + 'static)> {
        self.error
    }

    /// Why the rest was not asked for again; `None` where the body is whole, and where it was dropped. An answer that ends
    /// every stream, such as changed content, is [`Permanent`](StopReason::Permanent).
    pub fn stop_reason(&self) -> Option<StopReason> {
        self.stop
    }

    /// Every request for this body, and how it ended, in the order in which they began; those of a retry below included.
    pub fn history(&self) -> &'a History {
        self.history
    }

    /// Whether the body was dropped before its end.
    pub fn is_abandoned(&self) -> bool {
        self.abandoned
    }

    /// From the first send, if that is known, or else from the head, to the end of the body.
    pub fn elapsed(&self) -> Duration {
        self.history.elapsed()
    }

    /// Retries that the budget would grant now, where the policy has one.
    pub fn budget_balance(&self) -> Option<u64> {
        self.budget_balance
    }
}

impl fmt::Debug for StreamEnd<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamEnd")
            .field("method", &OneLine(self.method.as_str()))
            .field("uri", &Target(self.uri))
            .field("continuations", &self.continuations)
            .field("broke_at", &self.broke_at)
            .field("length", &self.length)
            .field("stop", &self.stop)
            .field("abandoned", &self.abandoned)
            .finish_non_exhaustive()
    }
}
