use crate::declared::Declared;
use http::{HeaderMap, header};

/// What a request says about content codings (RFC 9110 section 12.5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accepts {
    /// Nothing, so that a layer below may ask for a coding of its own, as decompression does.
    Unsaid,
    /// No coding but `identity`.
    Plain,
    /// At least one coding.
    Coded,
}

/// Whether a layer below may have unpacked the content: offsets in it would be none in what the server holds.
///
/// Nobody says so. Decompression removes `Content-Encoding` and `Content-Length`; an answer that still has one of them
/// was not unpacked. Without both, a request that asked for a coding may have got it. One that says nothing may have been
/// made to ask for it below: `Vary` tells of a server that negotiates, and an HTTP/1 answer without any framing
/// tells that the length was taken from it.
pub(crate) fn may_be_unpacked(accepts: Accepts, headers: &HeaderMap, declared: Declared) -> bool {
    if headers.contains_key(header::CONTENT_ENCODING) || declared.length().is_some() {
        return false;
    }
    declared == Declared::CloseDelimited
        || match accepts {
            Accepts::Coded => true,
            Accepts::Plain => false,
            Accepts::Unsaid => varies_by_coding(headers),
        }
}

fn varies_by_coding(headers: &HeaderMap) -> bool {
    headers.get_all(header::VARY).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b',')).any(
        |name| {
            let name = name.trim_ascii();
            name == b"*" || name.eq_ignore_ascii_case(b"accept-encoding")
        },
    )
}

// ===== impl Accepts =====

impl Accepts {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(header::ACCEPT_ENCODING).iter().peekable();
        if values.peek().is_none() {
            return Self::Unsaid;
        }
        let mut codings = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
        if codings.any(is_asked_for) { Self::Coded } else { Self::Plain }
    }
}

/// Whether an element such as `gzip;q=0.5` asks for a coding; a weight of zero does not.
fn is_asked_for(element: &[u8]) -> bool {
    let mut parts = element.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let coding = parts.next().unwrap_or_default();
    let refused = parts.any(|parameter| match parameter.split_first_chunk() {
        Some((b"q=" | b"Q=", weight)) => weight.iter().all(|byte| matches!(byte, b'0' | b'.')),
        _ => false,
    });
    !(coding.is_empty() || coding.eq_ignore_ascii_case(b"identity") || refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn field_to_what_is_accepted() {
        let cases = [
            (None, Accepts::Unsaid),
            (Some(""), Accepts::Plain),
            (Some("identity"), Accepts::Plain),
            (Some("Identity;q=1, *;q=0"), Accepts::Plain),
            (Some("gzip;q=0, br; q=0.000"), Accepts::Plain),
            (Some("gzip"), Accepts::Coded),
            (Some("identity, gzip;q=0.1"), Accepts::Coded),
            (Some("*"), Accepts::Coded),
        ];
        for (value, expected) in cases {
            let value = value.map(|value| (header::ACCEPT_ENCODING, HeaderValue::from_static(value)));
            assert_eq!(Accepts::of(&value.clone().into_iter().collect()), expected, "{value:?}");
        }
    }

    #[test]
    fn what_may_be_unpacked() {
        use Accepts::{Coded, Plain, Unsaid};
        use Declared::{CloseDelimited, Framed, Length};
        let cases = [
            (Coded, None, Length(9), false),
            (Coded, Some(("content-encoding", "gzip")), Framed, false),
            (Coded, None, Framed, true),
            (Unsaid, None, Length(9), false),
            (Unsaid, None, Framed, false),
            (Unsaid, Some(("vary", "origin, Accept-Encoding")), Framed, true),
            (Unsaid, Some(("vary", "*")), Framed, true),
            (Unsaid, Some(("vary", "origin")), Framed, false),
            (Unsaid, None, CloseDelimited, true),
            (Plain, Some(("vary", "accept-encoding")), Framed, false),
            (Plain, None, CloseDelimited, true),
        ];
        for (accepts, field, declared, expected) in cases {
            let headers = HeaderMap::from_iter(
                field.map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))),
            );
            assert_eq!(
                may_be_unpacked(accepts, &headers, declared),
                expected,
                "{accepts:?} {field:?} {declared:?}"
            );
        }
    }
}
