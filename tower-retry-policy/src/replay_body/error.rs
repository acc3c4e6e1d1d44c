use crate::{history::cause_text, one_line::OneLine};
use std::{error::Error, fmt, sync::Arc};

/// Why a [`ReplayBody`](super::ReplayBody) could not be read on. It is never an end: a body that fails is not whole.
///
/// Every reader of the same body that is affected gets one, each time it asks.
#[derive(Clone)]
pub struct ReplayBodyError {
    kind: Kind,
}

#[derive(Clone)]
pub(super) enum Kind {
    Inner(Arc<dyn Error + Send + Sync>),
    Short { announced: u64, came: u64 },
    Long { announced: u64 },
    Lost,
    Sent,
    Superseded,
    Panicked,
}

impl ReplayBodyError {
    /// The body that is recorded failed; its error is the `source()`, for every reader and for ever.
    pub fn is_inner(&self) -> bool {
        matches!(self.kind, Kind::Inner(_))
    }

    /// The body that is recorded brought fewer or more bytes than it had announced (an exact
    /// [`size_hint`](http_body::Body::size_hint)), for every reader and for ever.
    pub fn is_wrong_length(&self) -> bool {
        matches!(self.kind, Kind::Short { .. } | Kind::Long { .. })
    }

    /// What this reader wants was read before and is not recorded: the body is longer than the limit, or was cloned
    /// too late.
    pub fn is_not_replayable(&self) -> bool {
        matches!(self.kind, Kind::Lost | Kind::Sent)
    }

    /// A later attempt has taken over, so that this one need not send on.
    pub fn is_superseded(&self) -> bool {
        matches!(self.kind, Kind::Superseded)
    }
}

impl From<Kind> for ReplayBodyError {
    fn from(kind: Kind) -> Self {
        Self { kind }
    }
}

impl fmt::Debug for ReplayBodyError {
    /// The cause by its text: what others print of theirs with `{:?}` may hold a whole URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cause = self.source().map(cause_text);
        f.debug_struct("ReplayBodyError")
            .field("what", &format_args!("{self}"))
            .field("source", &cause.as_deref().map(OneLine))
            .finish()
    }
}

impl fmt::Display for ReplayBodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::Inner(_) => "request body failed",
            Kind::Short { announced, came } => {
                return write!(
                    f,
                    "request body ended after {came} of the {announced} bytes that it had announced"
                );
            }
            Kind::Long { announced } => {
                return write!(f, "request body is longer than the {announced} bytes that it had announced");
            }
            Kind::Lost => "request body is over the limit of its recording and cannot be sent again",
            Kind::Sent => "request body was cloned after it had been read",
            Kind::Superseded => "request body is sent by a later attempt",
            Kind::Panicked => "request body panicked",
        })
    }
}

impl Error for ReplayBodyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            Kind::Inner(error) => Some(&**error),
            _ => None,
        }
    }
}
