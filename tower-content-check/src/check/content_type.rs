use crate::{Check, Head, Rejection, Verdict};
use http::{StatusCode, header};
use mediatype::{MediaType, ReadParams, names::CHARSET};
use std::borrow::Cow;

/// Accepts responses whose `Content-Type` is of a list.
///
/// An answer without content passes without a type too, where [no content is expected](Head::expects_content), and so does
/// the `multipart/byteranges` of an answer to several ranges.
///
/// The parameters of a type in the list must all be stated, with their values; others do not matter.
///
/// ```
/// use tower_content_check::check::ContentType;
///
/// // application/json, text/json; charset=utf-8, application/problem+json
/// let json = ContentType::new("application/json").or("text/json").or_suffix("json");
///
/// // text/csv; header=present; charset="UTF-8", but not text/csv
/// let csv = ContentType::new("text/csv; charset=utf-8");
/// # let _ = (json, csv);
/// ```
#[derive(Clone, Debug)]
pub struct ContentType {
    allowed: Vec<Allowed>,
    allow_missing: bool,
    verdict: Verdict,
}

#[derive(Clone, Debug)]
enum Allowed {
    Type(Cow<'static, str>),
    Suffix(Cow<'static, str>),
}

// ===== impl ContentType =====

impl ContentType {
    /// Accepts this media type: `application/json`, or `text/csv; charset=utf-8`.
    ///
    /// Type, subtype, the names of parameters and a `charset` are compared without regard to case. A text that is no
    /// media type accepts nothing.
    pub fn new(media_type: impl Into<Cow<'static, str>>) -> Self {
        let allowed = vec![Allowed::Type(media_type.into())];
        Self { allowed, allow_missing: false, verdict: Verdict::Transient }
    }

    /// Accepts this media type too.
    #[must_use]
    pub fn or(self, media_type: impl Into<Cow<'static, str>>) -> Self {
        self.also(Allowed::Type(media_type.into()))
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

    /// Sets the verdict on another type. Default: transient, because it is mostly a gateway's own page. The body is not
    /// read, so nobody knows whether the same page comes again.
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
        if head.has_no_content() {
            return Ok(());
        }
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
        let value = value.as_bytes();
        if self.allowed.iter().any(|allowed| allowed.accepts(value)) {
            return Ok(());
        }
        // RFC 9110 section 15.3.7.2: the type of the representation stands in each of the parts.
        let of_ranges = essence(value).eq_ignore_ascii_case(b"multipart/byteranges");
        if head.status() == StatusCode::PARTIAL_CONTENT && of_ranges {
            return Ok(());
        }
        // Parameters are told only where the type alone would have been right.
        let essence = essence(value);
        let found = if self.allowed.iter().any(|allowed| allowed.is_of(essence)) { value } else { essence };
        Err(Rejection::new(self.verdict, format!("content type is {}", found.escape_ascii())))
    }

    fn needs_plain_content(&self) -> bool {
        false
    }
}

// ===== impl Allowed =====

impl Allowed {
    fn accepts(&self, value: &[u8]) -> bool {
        self.is_of(essence(value))
            && match self {
                Self::Type(allowed) if allowed.contains(';') => states_parameters_of(allowed, value),
                _ => true,
            }
    }

    /// Whether this is the type, whatever its parameters.
    fn is_of(&self, essence: &[u8]) -> bool {
        match self {
            Self::Type(allowed) => essence.eq_ignore_ascii_case(self::essence(allowed.as_bytes())),
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

/// Whether all parameters of `allowed` are stated, once each.
fn states_parameters_of(allowed: &str, value: &[u8]) -> bool {
    let Ok(value) = str::from_utf8(value) else { return false };
    let (Ok(allowed), Ok(stated)) = (MediaType::parse(allowed), MediaType::parse(value)) else {
        return false;
    };
    allowed.params().all(|(name, expected)| {
        let mut values = stated.params().filter(|(stated, _)| *stated == name).map(|(_, value)| value);
        let (Some(value), None) = (values.next(), values.next()) else { return false };
        let (value, expected) = (value.unquoted_str(), expected.unquoted_str());
        value == expected || name == CHARSET && value.eq_ignore_ascii_case(&expected)
    })
}
