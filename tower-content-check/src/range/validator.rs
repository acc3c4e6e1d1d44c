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

// ===== impl Validator =====

impl Validator {
    /// `dates` says whether `Last-Modified` will do where no tag is stated.
    pub(crate) fn of(headers: &HeaderMap, dates: bool) -> Option<Self> {
        if headers.contains_key(header::ETAG) {
            return etag::strong(headers).cloned().map(Self::Tag);
        }
        if dates { date::strong(headers).cloned().map(Self::Date) } else { None }
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
