use http::Request;
use std::{error::Error, fmt};

/// A body that broke off, or a request for its rest that failed: the view that a policy is given.
#[non_exhaustive]
#[derive(Clone, Copy)]
pub struct Break<'a> {
    pub(super) request: &'a Request<()>,
    pub(super) error: &'a (dyn Error + Send + Sync + 'static),
    pub(super) kind: BreakKind,
    pub(super) delivered: u64,
    pub(super) length: Option<u64>,
    pub(super) in_a_row: u32,
    pub(super) breaks: u32,
    pub(super) progressed: bool,
}

/// What failed.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakKind {
    /// The body: it failed, fell silent, or ended short.
    Body,
    /// The request for the rest brought no response.
    Request,
    /// It was answered with a status that another attempt may change, such as 503. Its body was not read.
    Status,
    /// It was answered with something else than the rest, by a server that may be alone in doing so.
    Answer,
}

// ===== impl Break =====

impl<'a> Break<'a> {
    /// The first request, as the layer got it, without its body.
    pub fn request(&self) -> &'a Request<()> {
        self.request
    }

    /// What went wrong.
    pub fn error(&self) -> &'a (dyn Error + Send + Sync + 'static) {
        self.error
    }

    /// What failed.
    pub fn kind(&self) -> BreakKind {
        self.kind
    }

    /// Bytes of the body that the reader has, and so the offset at which it would go on.
    pub fn delivered(&self) -> u64 {
        self.delivered
    }

    /// The length of the whole, where it is known.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// Which break this is, of those that followed each other without [progress](Self::has_progressed); the first is 1.
    pub fn in_a_row(&self) -> u32 {
        self.in_a_row
    }

    /// Which break of this body this is; the first is 1.
    pub fn number(&self) -> u32 {
        self.breaks
    }

    /// Whether enough came since the break before, or since the beginning, to count anew: see
    /// [`ContinueLayer::progress`](super::ContinueLayer::progress).
    pub fn has_progressed(&self) -> bool {
        self.progressed
    }
}

impl fmt::Debug for Break<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Break")
            .field("kind", &self.kind)
            .field("delivered", &self.delivered)
            .field("length", &self.length)
            .field("in_a_row", &self.in_a_row)
            .finish_non_exhaustive()
    }
}
