use crate::digits::digits;
use http::{HeaderMap, Version, header};

/// What the head says about the length of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Declared {
    Length(u64),
    /// Several lengths that differ, or something that is no number.
    Invalid,
    /// The framing shows the end: chunks, or an HTTP/2 or HTTP/3 stream.
    Framed,
    /// Only the end of the connection ends it (RFC 9112 section 6.3, rule 8).
    CloseDelimited,
}

// ===== impl Declared =====

impl Declared {
    /// `exact` is the size that the body itself states, for services that answer without a wire.
    pub(crate) fn of(version: Version, headers: &HeaderMap, exact: Option<u64>) -> Self {
        // The usual case needs no second look: the one length in the head is the one that the body goes by. A field
        // that occurs twice makes more values than names.
        let first = headers.get(header::CONTENT_LENGTH).and_then(|value| digits(value.as_bytes()));
        if let (Some(length), Some(own)) = (first, exact)
            && length == own
            && headers.len() == headers.keys_len()
        {
            return Self::Length(length);
        }
        // Transfer-Encoding overrides Content-Length (RFC 9112 section 6.3, rule 3), and a chunked body
        // that was decoded has no length to be compared with.
        if headers.contains_key(header::TRANSFER_ENCODING) {
            return Self::Framed;
        }
        let mut values = headers.get_all(header::CONTENT_LENGTH).iter().peekable();
        if values.peek().is_some() {
            // Equal repetitions are one length (RFC 9110 section 8.6).
            let mut length = None;
            for value in values.flat_map(|value| value.as_bytes().split(|byte| *byte == b',')) {
                match (digits(value.trim_ascii()), length) {
                    (Some(n), None) => length = Some(n),
                    (Some(n), Some(m)) if n == m => {}
                    _ => return Self::Invalid,
                }
            }
            return length.map_or(Self::Invalid, Self::Length);
        }
        match exact {
            Some(n) => Self::Length(n),
            None if version < Version::HTTP_2 => Self::CloseDelimited,
            None => Self::Framed,
        }
    }

    pub(crate) fn length(self) -> Option<u64> {
        match self {
            Self::Length(n) => Some(n),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn head_to_declared_length() {
        use Declared::{CloseDelimited, Framed, Invalid, Length};
        // content-length fields, transfer-encoding, version, the body's own size
        type Case = (&'static [&'static str], Option<&'static str>, Version, Option<u64>, Declared);
        let cases: &[Case] = &[
            (&["0"], None, Version::HTTP_11, None, Length(0)),
            (&["7012"], None, Version::HTTP_11, Some(3), Length(7012)),
            (&["5, 5"], None, Version::HTTP_11, None, Length(5)),
            (&["5", "5"], None, Version::HTTP_11, None, Length(5)),
            (&["5", "6"], None, Version::HTTP_11, None, Invalid),
            (&["5", "6"], None, Version::HTTP_11, Some(5), Invalid),
            (&["5", "5"], None, Version::HTTP_11, Some(5), Length(5)),
            (&["5"], None, Version::HTTP_11, Some(5), Length(5)),
            (&["5"], Some("chunked"), Version::HTTP_11, Some(4), Framed),
            (&["+5"], None, Version::HTTP_11, None, Invalid),
            (&["-1"], None, Version::HTTP_11, None, Invalid),
            (&[""], None, Version::HTTP_11, None, Invalid),
            (&["5,"], None, Version::HTTP_11, None, Invalid),
            (&["18446744073709551615"], None, Version::HTTP_11, None, Length(u64::MAX)),
            (&["18446744073709551616"], None, Version::HTTP_11, None, Invalid),
            (&["5"], Some("chunked"), Version::HTTP_11, None, Framed),
            (&[], Some("chunked"), Version::HTTP_11, None, Framed),
            (&[], None, Version::HTTP_11, Some(9), Length(9)),
            (&[], None, Version::HTTP_11, None, CloseDelimited),
            (&[], None, Version::HTTP_10, None, CloseDelimited),
            (&[], None, Version::HTTP_2, None, Framed),
            (&["4"], None, Version::HTTP_2, None, Length(4)),
        ];
        for (lengths, coding, version, exact, expected) in cases {
            let mut headers = HeaderMap::new();
            for length in *lengths {
                headers.append(header::CONTENT_LENGTH, HeaderValue::from_static(length));
            }
            if let Some(coding) = coding {
                headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static(coding));
            }
            assert_eq!(Declared::of(*version, &headers, *exact), *expected, "{lengths:?} {coding:?}");
        }
    }
}
