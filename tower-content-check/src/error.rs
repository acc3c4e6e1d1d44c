use crate::{BoxError, Rejection, fingerprint::Fingerprint, frames::Frames};
use std::{error::Error, fmt};

/// The error of an attempt whose response came and is not right.
///
/// It is found by a downcast in the `source()` chain of what the service returns. Either the body broke off
/// ([`is_body`](Self::is_body)) or a check did not accept it ([`is_rejected`](Self::is_rejected)).
///
/// ```
/// use tower_content_check::{BoxError, ContentCheckError};
///
/// fn worth_another_attempt(error: &BoxError) -> bool {
///     match error.downcast_ref::<ContentCheckError>() {
///         Some(error) => !error.is_permanent(),
///         None => false,
///     }
/// }
/// ```
pub struct ContentCheckError {
    kind: ErrorKind,
    received: u64,
    expected: Option<u64>,
    fingerprint: Option<u64>,
}

enum ErrorKind {
    Body(BoxError),
    Cut(Rejection),
    Rejected(Rejection),
}

// ===== impl ContentCheckError =====

impl ContentCheckError {
    pub(crate) fn body(source: BoxError, received: u64, expected: Option<u64>) -> Self {
        Self { kind: ErrorKind::Body(source), received, expected, fingerprint: None }
    }

    /// `whole` says that the frames are all of the content, read to an end that is proven.
    pub(crate) fn rejected(
        rejection: Rejection,
        frames: &Frames,
        expected: Option<u64>,
        whole: bool,
    ) -> Self {
        // Empty content is mostly a fault of the moment, and every empty body would be equal to every other.
        let comparable = whole && frames.len() > 0 && rejection.is_comparable();
        let fingerprint = comparable.then(|| Fingerprint::of(frames.iter()).finish());
        Self::rejected_with(rejection, frames.len(), expected, fingerprint)
    }

    pub(crate) fn rejected_with(
        rejection: Rejection,
        received: u64,
        expected: Option<u64>,
        fingerprint: Option<u64>,
    ) -> Self {
        let kind =
            if rejection.is_cut() { ErrorKind::Cut(rejection) } else { ErrorKind::Rejected(rejection) };
        Self { kind, received, expected, fingerprint }
    }

    /// Whether the body broke off or failed while it was read; always transient.
    pub fn is_body(&self) -> bool {
        matches!(self.kind, ErrorKind::Body(_) | ErrorKind::Cut(_))
    }

    /// Whether a check did not accept the content.
    pub fn is_rejected(&self) -> bool {
        matches!(self.kind, ErrorKind::Rejected(_))
    }

    /// Whether the same answer would come again, by the judgement of the check that rejected it.
    pub fn is_permanent(&self) -> bool {
        self.rejection().is_some_and(Rejection::is_permanent)
    }

    /// Bytes of the body received when it was rejected or given up.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// The length that was declared for the body, where one was.
    pub fn expected(&self) -> Option<u64> {
        self.expected
    }

    /// Why a check did not accept the response; nothing when the body itself failed.
    pub fn reason(&self) -> Option<&str> {
        self.rejection().map(Rejection::reason)
    }

    /// A number by which the same wrong content is recognised when it comes again, within one program: it is there only for
    /// whole content, not empty, that was read to a proven end and rejected with
    /// [`unless_repeated`](Rejection::unless_repeated), and it is made of all bytes of that content and of nothing else.
    ///
    /// An end is proven by a declared length, by the last chunk, or by the end of an HTTP/2 stream, not by the end of the
    /// connection. Content that is rejected before its end, as JSON is at its first fault, is read on to its end if a declared
    /// length says that it has no more than [`drain_bytes`](crate::ContentCheckLayer::drain_bytes) in all; that frees its
    /// connection too.
    pub fn fingerprint(&self) -> Option<u64> {
        self.fingerprint
    }

    fn rejection(&self) -> Option<&Rejection> {
        match &self.kind {
            ErrorKind::Body(_) => None,
            ErrorKind::Cut(rejection) | ErrorKind::Rejected(rejection) => Some(rejection),
        }
    }
}

impl fmt::Debug for ContentCheckError {
    /// By its text: what clients print of their errors with `{:?}` may hold a whole URL, so the cause is left to `source()`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContentCheckError")
            .field("text", &self.to_string())
            .field("permanent", &self.is_permanent())
            .field("caused", &self.source().is_some())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for ContentCheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let ErrorKind::Rejected(rejection) = &self.kind {
            return write!(f, "content rejected: {rejection}");
        }
        write!(f, "body cut at {}", self.received)?;
        if let Some(expected) = self.expected {
            write!(f, " of {expected}")?;
        }
        f.write_str(" bytes")
    }
}

impl Error for ContentCheckError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            ErrorKind::Body(source) => Some(source.as_ref()),
            ErrorKind::Cut(rejection) | ErrorKind::Rejected(rejection) => rejection.source_error(),
        }
    }
}
