use std::borrow::Cow;

use http::header;

use crate::{Check, Head, Rejection, Verdict};

/// Accepts responses whose `Content-Type` is of a list; parameters such as `charset` are not looked at.
///
/// ```
/// use tower_content_check::check::ContentType;
///
/// // application/json, text/json; charset=utf-8, application/problem+json
/// let json = ContentType::new("application/json").or("text/json").or_suffix("json");
/// # let _ = json;
/// ```
#[derive(Clone, Debug)]
pub struct ContentType {
    allowed: Vec<Allowed>,
    allow_missing: bool,
    verdict: Verdict,
}

#[derive(Clone, Debug)]
enum Allowed {
    Essence(Cow<'static, str>),
    Suffix(Cow<'static, str>),
}

// ===== impl ContentType =====

impl ContentType {
    /// Accepts this media type, compared without regard to case: `application/json`.
    pub fn new(essence: impl Into<Cow<'static, str>>) -> Self {
        let allowed = vec![Allowed::Essence(essence.into())];
        Self { allowed, allow_missing: false, verdict: Verdict::Transient }
    }

    /// Accepts this media type too.
    #[must_use]
    pub fn or(self, essence: impl Into<Cow<'static, str>>) -> Self {
        self.also(Allowed::Essence(essence.into()))
    }

    /// Accepts every media type with this structured syntax suffix (RFC 6839) too: `json` stands for
    /// `application/problem+json` and its like.
    #[must_use]
    pub fn or_suffix(self, suffix: impl Into<Cow<'static, str>>) -> Self {
        self.also(Allowed::Suffix(suffix.into()))
    }

    /// Accepts a response that does not state its type; by default it is rejected.
    #[must_use]
    pub fn allow_missing(mut self) -> Self {
        self.allow_missing = true;
        self
    }

    /// Sets the verdict on another type. Default: transient, because it is mostly a gateway's own page; the
    /// same one coming twice is told by its [fingerprint](crate::ContentCheckError::fingerprint).
    #[must_use]
    pub fn verdict(mut self, verdict: Verdict) -> Self {
        self.verdict = verdict;
        self
    }

    fn also(mut self, allowed: Allowed) -> Self {
        self.allowed.push(allowed);
        self
    }
}

impl Check for ContentType {
    fn head(&mut self, head: &Head<'_>) -> Result<(), Rejection> {
        let mut values = head.headers().get_all(header::CONTENT_TYPE).iter();
        let Some(value) = values.next() else {
            if self.allow_missing {
                return Ok(());
            }
            return Err(Rejection::new(self.verdict, "content type is missing"));
        };
        // A field that occurs twice has no meaning (RFC 9110 section 8.3), and choosing one is how sniffing begins.
        if values.next().is_some() {
            return Err(Rejection::new(self.verdict, "content type is stated twice"));
        }
        let found = essence(value.as_bytes());
        if self.allowed.iter().any(|allowed| allowed.accepts(found)) {
            return Ok(());
        }
        let found = found.escape_ascii();
        Err(Rejection::new(self.verdict, format!("content type is {found}")))
    }

    fn needs_plain_content(&self) -> bool {
        false
    }
}

// ===== impl Allowed =====

impl Allowed {
    fn accepts(&self, essence: &[u8]) -> bool {
        match self {
            Self::Essence(allowed) => essence.eq_ignore_ascii_case(allowed.as_bytes()),
            Self::Suffix(suffix) => essence
                .iter()
                .rposition(|byte| *byte == b'+')
                .is_some_and(|plus| essence[plus + 1..].eq_ignore_ascii_case(suffix.as_bytes())),
        }
    }
}

/// `type/subtype` without parameters.
fn essence(value: &[u8]) -> &[u8] {
    value.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii()
}
