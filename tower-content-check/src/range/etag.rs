use http::{HeaderMap, HeaderValue, header};

/// The strong entity tag of a response (RFC 9110 section 8.8.3): the only kind that stands for equal bytes.
pub(crate) fn strong(headers: &HeaderMap) -> Option<&HeaderValue> {
    let mut values = headers.get_all(header::ETAG).iter();
    let value = values.next()?;
    let opaque = value.as_bytes().strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let valid = opaque.iter().all(|byte| matches!(byte, 0x21 | 0x23..=0x7e | 0x80..=0xff));
    (valid && values.next().is_none()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_strong_tags_count() {
        let cases = [
            ("\"a\"", true),
            ("\"\"", true),
            ("\"33a64df5-2\"", true),
            ("W/\"a\"", false),
            ("w/\"a\"", false),
            ("a", false),
            ("\"a", false),
            ("\"", false),
            ("\"a\"b\"", false),
            ("\"a b\"", false),
            ("", false),
        ];
        for (value, expected) in cases {
            let headers = HeaderMap::from_iter([(header::ETAG, HeaderValue::from_static(value))]);
            assert_eq!(strong(&headers).is_some(), expected, "{value}");
        }
        let mut twice = HeaderMap::new();
        twice.append(header::ETAG, HeaderValue::from_static("\"a\""));
        twice.append(header::ETAG, HeaderValue::from_static("\"b\""));
        assert!(strong(&twice).is_none());
    }
}
