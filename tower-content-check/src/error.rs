use std::{error::Error, fmt};

use crate::{BoxError, Rejection, fingerprint, frames::Frames};

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
#[derive(Debug)]
pub struct ContentCheckError {
    kind: ErrorKind,
    received: u64,
    expected: Option<u64>,
    fingerprint: Option<u64>,
}

#[derive(Debug)]
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

    /// `at_end` says that nothing more would have come, so that an empty content is known to be empty.
    pub(crate) fn rejected(
        rejection: Rejection,
        frames: &Frames,
        expected: Option<u64>,
        at_end: bool,
    ) -> Self {
        let received = frames.len();
        let empty = received == 0 && (at_end || expected == Some(0));
        let (kind, fingerprint) = if rejection.is_cut() {
            (ErrorKind::Cut(rejection), None)
        } else {
            let fingerprint =
                (!empty).then(|| fingerprint::of_content(rejection.reason(), expected, frames.iter()));
            (ErrorKind::Rejected(rejection), fingerprint)
        };
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

    /// Bytes of the body received before it was given up.
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

    /// A number that is equal for equal rejected content within one program, so that the same wrong body
    /// can be recognised when it comes a second time.
    ///
    /// Nothing for a body that broke off, and nothing for content that is empty: neither is evidence that the
    /// server means it. Content that was rejected before its end is known as far as it had come, so two
    /// attempts whose bytes arrived in other portions may differ: a repetition can be missed, not invented.
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
