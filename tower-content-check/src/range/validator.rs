use super::{date, etag, part::one};
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// What tells one version of a representation from another, byte for byte (RFC 9110 section 8.8.1).
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Validator {
    /// A strong entity tag.
    Tag(HeaderValue),
    /// The second of the last change, where there is no tag at all.
    Date(HeaderValue),
}

/// What another response says of its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    Same,
    Other,
    /// It states none, or none that stands for equal bytes.
    Unproven,
}

/// What stands for equal bytes in a response (RFC 9110 section 8.8.1), the field and its value: its one strong entity tag,
/// or, where there is no tag at all, the second of the last change if the response is a minute later or more (section
/// 8.8.2.2).
///
/// It is the rule by which [`ContinueLayer`](crate::continuation::ContinueLayer) tells whether it may ask for the rest of a body, for whoever
/// keeps a part beyond the body's life: a file that the next run of a program goes on with, say.
///
/// ```
/// use http::{HeaderMap, HeaderValue, header::{ETAG, IF_RANGE}};
/// use tower_content_check::continuation::strong_validator;
///
/// let mut kept = HeaderMap::new();
/// kept.insert(ETAG, HeaderValue::from_static("\"v1\""));
/// let mut asked = HeaderMap::new();
/// if let Some((_, validator)) = strong_validator(&kept) {
///     asked.insert(IF_RANGE, validator.clone());
/// }
/// assert_eq!(asked[IF_RANGE], "\"v1\"");
///
/// kept.insert(ETAG, HeaderValue::from_static("W/\"v1\""));
/// assert_eq!(strong_validator(&kept), None);
/// ```
#[must_use]
pub fn strong_validator(headers: &HeaderMap) -> Option<(HeaderName, &HeaderValue)> {
    if headers.contains_key(header::ETAG) {
        etag::strong(headers).map(|tag| (header::ETAG, tag))
    } else {
        date::strong(headers).map(|date| (header::LAST_MODIFIED, date))
    }
}

// ===== impl Validator =====

impl Validator {
    /// `dates` says whether `Last-Modified` will do where no tag is stated.
    pub(crate) fn of(headers: &HeaderMap, dates: bool) -> Option<Self> {
        let has_tag = headers.contains_key(header::ETAG);
        if !has_tag && !dates {
            return None;
        }
        let (_, value) = strong_validator(headers)?;
        Some(if has_tag { Self::Tag(value.clone()) } else { Self::Date(value.clone()) })
    }

    /// The field that states it.
    pub(crate) fn name(&self) -> HeaderName {
        match self {
            Self::Tag(_) => header::ETAG,
            Self::Date(_) => header::LAST_MODIFIED,
        }
    }

    /// The value of `If-Range`.
    pub(crate) fn value(&self) -> &HeaderValue {
        match self {
            Self::Tag(value) | Self::Date(value) => value,
        }
    }

    pub(crate) fn version_of(&self, headers: &HeaderMap) -> Version {
        let (known, stated) = match self {
            Self::Tag(tag) => (tag, etag::strong(headers)),
            // A tag where there was none comes from another server.
            Self::Date(_) if headers.contains_key(header::ETAG) => return Version::Unproven,
            Self::Date(date) => (date, one(headers, &header::LAST_MODIFIED)),
        };
        match stated {
            Some(stated) if stated == known => Version::Same,
            Some(_) => Version::Other,
            None => Version::Unproven,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_counts_before_a_date_and_a_weak_one_against_it() {
        let dates = [
            (header::LAST_MODIFIED, "Sun, 06 Nov 1994 08:49:07 GMT"),
            (header::DATE, "Sun, 06 Nov 1994 08:50:07 GMT"),
        ];
        for (tag, stated, by_tag_alone) in [
            (Some("\"a\""), Some(header::ETAG), true),
            (Some("W/\"a\""), None, false),
            (Some("\"a b\""), None, false),
            (None, Some(header::LAST_MODIFIED), false),
        ] {
            let fields = dates.iter().cloned().chain(tag.map(|tag| (header::ETAG, tag)));
            let headers = fields.map(|(name, value)| (name, HeaderValue::from_static(value))).collect();
            assert_eq!(strong_validator(&headers).map(|(name, _)| name), stated, "{tag:?}");
            assert_eq!(Validator::of(&headers, true).map(|validator| validator.name()), stated, "{tag:?}");
            assert_eq!(Validator::of(&headers, false).is_some(), by_tag_alone, "{tag:?}");
        }
    }
}
