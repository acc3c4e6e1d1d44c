use super::{
    failure::Failure,
    story::{BreakRecord, Story},
};
use crate::{BoxError, ContentCheckError, Rejection};
use http::StatusCode;
use std::{error::Error, fmt};

/// The error of a body that could have been continued, and was not to its end; or of content that a check rejected.
///
/// What has been read is a beginning of the content, and no more than that. A body that could not be continued from the
/// first fails with the error of its client.
///
/// ```
/// use tower_content_check::{BoxError, continuation::ContinueError};
///
/// /// Whether to begin anew, with an empty file.
/// fn starts_over(error: &BoxError) -> bool {
///     error.downcast_ref::<ContinueError>().is_some_and(|error| error.is_changed() || error.is_rejected())
/// }
/// ```
pub struct ContinueError {
    kind: ErrorKind,
    delivered: u64,
    length: Option<u64>,
    breaks: u32,
    story: Story,
    source: Option<BoxError>,
}

#[derive(Debug)]
pub(super) enum ErrorKind {
    /// The answer says that it is of no use to go on.
    Answer(Failure),
    /// The policy, and why.
    Policy(BoxError),
    /// The service below.
    NotReady,
    Rejected,
}

// ===== impl ContinueError =====

impl ContinueError {
    pub(super) fn new(kind: ErrorKind, delivered: u64, length: Option<u64>) -> Self {
        Self { kind, delivered, length, breaks: 0, story: Story::default(), source: None }
    }

    /// Of a head that is rejected.
    pub(super) fn rejected(rejection: Rejection, length: Option<u64>) -> Self {
        let error = ContentCheckError::rejected_with(rejection, 0, length, None);
        Self::new(ErrorKind::Rejected, 0, length).caused_by(Some(error.into()))
    }

    pub(super) fn caused_by(mut self, source: Option<BoxError>) -> Self {
        self.source = source;
        self
    }

    pub(super) fn after(mut self, breaks: u32, story: Story) -> Self {
        (self.breaks, self.story) = (breaks, story);
        self
    }

    /// Whether the server has other content now: what was read is of no use, and starting over is.
    pub fn is_changed(&self) -> bool {
        matches!(self.kind, ErrorKind::Answer(Failure::Changed(_)))
    }

    /// Whether the server has the content no longer: 404 or 410.
    pub fn is_gone(&self) -> bool {
        matches!(self.kind, ErrorKind::Answer(Failure::Gone(_)))
    }

    /// Whether the policy did not let it be asked for again: too often, too late, or another reason that it has
    /// ([`policy_error`](Self::policy_error)).
    pub fn is_refused_by_policy(&self) -> bool {
        matches!(self.kind, ErrorKind::Policy(_))
    }

    /// Whether a check did not accept the content: discard what has been read. The
    /// [`ContentCheckError`](crate::ContentCheckError) is the source.
    pub fn is_rejected(&self) -> bool {
        matches!(self.kind, ErrorKind::Rejected)
    }

    /// The status of the answer that ended it, where it was the status: 404 and 410, and others that no repetition
    /// changes, such as 403.
    pub fn status(&self) -> Option<StatusCode> {
        match self.kind {
            ErrorKind::Answer(failure) => failure.status(),
            ErrorKind::Policy(_) | ErrorKind::NotReady | ErrorKind::Rejected => None,
        }
    }

    /// Why the policy stopped.
    pub fn policy_error(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        match &self.kind {
            ErrorKind::Policy(why) => Some(&**why),
            _ => None,
        }
    }

    /// Bytes that the reader has got.
    pub fn delivered(&self) -> u64 {
        self.delivered
    }

    /// The length of the whole, where it is known.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// How many breaks there were.
    pub fn count(&self) -> u32 {
        self.breaks
    }

    /// The breaks, in order: all where there were no more than ten, otherwise the first and the last nine.
    pub fn breaks(&self) -> &[BreakRecord] {
        self.story.records()
    }
}

impl fmt::Display for ContinueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_rejected() {
            return write!(f, "discard the {} bytes that were read", self.delivered);
        }
        write!(f, "body broke off at {}", self.delivered)?;
        if let Some(length) = self.length {
            write!(f, " of {length}")?;
        }
        f.write_str(" bytes")?;
        match &self.kind {
            ErrorKind::Answer(failure) => write!(f, ": {failure}")?,
            ErrorKind::Policy(why) => write!(f, " and is not asked for again: {why}")?,
            ErrorKind::NotReady => f.write_str(" and the service below takes no request")?,
            ErrorKind::Rejected => {}
        }
        // The last one is told by its error, which is the source.
        if let [first, .., _] = self.breaks() {
            write!(f, " (break {} of {} {first})", first.number(), self.breaks)?;
        }
        Ok(())
    }
}

impl fmt::Debug for ContinueError {
    /// By its text: what clients print of their errors with `{:?}` may hold a whole URL, so the cause is left to `source()`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContinueError")
            .field("text", &self.to_string())
            .field("caused", &self.source.is_some())
            .finish_non_exhaustive()
    }
}

impl Error for ContinueError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}
