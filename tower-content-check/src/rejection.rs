use crate::{BoxError, Verdict, one_line::one_line};
use std::{borrow::Cow, error::Error, fmt};

/// Bytes of a reason that are printed: a sentence or two.
const LIMIT: usize = 300;

/// The answer of a [`Check`](crate::Check) that does not accept a response: a verdict and a reason.
///
/// The reason is one line of at most 200 characters, so that a text of the server may be put into it: control characters
/// and direction marks are escaped, and the rest of a longer text is cut off.
///
/// ```
/// use tower_content_check::Rejection;
///
/// let rejection = Rejection::transient("the list is empty");
/// assert!(!rejection.is_permanent());
/// assert_eq!(rejection.to_string(), "the list is empty");
/// ```
///
/// What it prints is one line: control and bidirectional characters of the reason are escaped, and what is beyond 300
/// bytes is cut off. [`reason`](Self::reason) has all of it.
pub struct Rejection {
    verdict: Verdict,
    kind: RejectionKind,
    unless_repeated: bool,
    reason: Cow<'static, str>,
    source: Option<BoxError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RejectionKind {
    Content,
    Cut,
}

// ===== impl Rejection =====

impl Rejection {
    /// The content is wrong, and the next attempt may bring the right one; the same content may come any number of times,
    /// unless [`unless_repeated`](Self::unless_repeated) is added.
    pub fn transient(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Verdict::Transient, reason)
    }

    /// The content is wrong, and would be wrong again.
    pub fn permanent(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Verdict::Permanent, reason)
    }

    /// The content is wrong, with the given verdict: [`transient`](Self::transient) or [`permanent`](Self::permanent).
    pub fn new(verdict: Verdict, reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            verdict,
            kind: RejectionKind::Content,
            unless_repeated: false,
            reason: one_line(reason.into()),
            source: None,
        }
    }

    /// The body is not whole: a failure of the transfer rather than of the content, and so transient.
    ///
    /// The error made of it answers [`is_body`](crate::ContentCheckError::is_body), as one does that the
    /// body itself reported.
    pub fn cut(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: RejectionKind::Cut, ..Self::transient(reason) }
    }

    /// Says that the next attempt is worthwhile unless it brings the very same content again.
    ///
    /// Whole content that is rejected so gets a [fingerprint](crate::ContentCheckError::fingerprint), by which a retry
    /// policy recognises a page that the server means. The ready-made checks of the content reject in this way; a closure
    /// that waits for something to appear (`"state": "pending"`) does not want it.
    #[must_use]
    pub fn unless_repeated(mut self) -> Self {
        self.unless_repeated = true;
        self
    }

    /// Adds the error that led to the rejection; it becomes the next link of the `source()` chain.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What the rejection says about the next attempt.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Whether the same answer would come again.
    pub fn is_permanent(&self) -> bool {
        self.verdict == Verdict::Permanent
    }

    /// Whether the body is not whole, see [`Rejection::cut`].
    pub fn is_cut(&self) -> bool {
        self.kind == RejectionKind::Cut
    }

    /// Why the response was not accepted.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Whether content that was rejected so may be compared with other content.
    pub(crate) fn is_comparable(&self) -> bool {
        self.unless_repeated && !self.is_cut()
    }

    pub(crate) fn source_error(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = LIMIT;
        for char in self.reason.chars() {
            let length: usize = shown(char).map(char::len_utf8).sum();
            if length > left {
                return f.write_str("...");
            }
            left -= length;
            shown(char).try_for_each(|char| fmt::Write::write_char(f, char))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejection")
            .field("verdict", &self.verdict)
            .field("kind", &self.kind)
            .field("reason", &format_args!("{self}"))
            .field("source", &self.source)
            .finish()
    }
}

/// Escapes what is not printable: reasons may quote what a server sent.
fn shown(char: char) -> impl Iterator<Item = char> {
    // these are escaped in a literal only
    let plain = matches!(char, '\'' | '"' | '\\').then_some(char);
    let escaped = plain.is_none().then(|| char.escape_debug());
    plain.into_iter().chain(escaped.into_iter().flatten())
}

impl Error for Rejection {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source_error()
    }
}
