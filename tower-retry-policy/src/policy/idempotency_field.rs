//! Whether a request's `Idempotency-Key` names a key.

use http::{HeaderMap, HeaderName};

pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// One field with one key: a structured-field string (draft-ietf-httpapi-idempotency-key-header section 2.1), or
/// visible characters without quotes, as Stripe and others write it. A server cannot recognise a repeat by anything
/// else: not by nothing, nor by a list (RFC 9110 section 5.3: several fields are one with commas).
pub(crate) fn names_a_key(headers: &HeaderMap) -> bool {
    let mut fields = headers.get_all(IDEMPOTENCY_KEY).iter();
    let (Some(field), None) = (fields.next(), fields.next()) else { return false };
    let key = field.as_bytes().trim_ascii();
    match key.strip_prefix(b"\"") {
        Some(rest) => rest.strip_suffix(b"\"").is_some_and(is_string_content),
        None => !key.is_empty() && key.iter().all(|byte| is_bare(*byte)),
    }
}

fn is_bare(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b',')
}

/// RFC 9651 section 4.2.5: printable ASCII, in which a backslash escapes a quote or itself.
fn is_string_content(content: &[u8]) -> bool {
    let mut bytes = content.iter();
    while let Some(byte) = bytes.next() {
        let good = match byte {
            b'\\' => matches!(bytes.next(), Some(b'"' | b'\\')),
            b'"' => false,
            other => *other == b' ' || other.is_ascii_graphic(),
        };
        if !good {
            return false;
        }
    }
    !content.trim_ascii().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn only_one_well_formed_key_counts() {
        let table: [(&[&[u8]], bool); 24] = [
            (&[], false),
            (&[b"\"8e03978e-40d5-43e8-bc93-6894a57f9324\""], true),
            (&[b"8e03978e-40d5-43e8-bc93-6894a57f9324"], true),
            (&[b"order:7/2;try=1"], true),
            (&[b" \t\"a\" "], true),
            (&[b"\"two words\""], true),
            (&[br#""a \"quoted\" \\ key""#], true),
            (&[b""], false),
            (&[b"  \t"], false),
            (&[b"\"\""], false),
            (&[b"\"  \""], false),
            (&[b"\""], false),
            (&[b"\"open"], false),
            (&[b"closed\""], false),
            (&[br#""escaped\""#], false),
            (&[br#""bad \escape""#], false),
            (&[br#""in "the" middle""#], false),
            (&[b"two words"], false),
            (&[b"a,b"], false),
            (&[b"\"a\", \"b\""], false),
            (&[b"\"a\"", b"\"b\""], false),
            (&[b"a", b"a"], false),
            (&["clé".as_bytes()], false),
            (&["\"clé\"".as_bytes()], false),
        ];
        for (fields, expected) in table {
            let mut headers = HeaderMap::new();
            for field in fields {
                headers.append(IDEMPOTENCY_KEY, HeaderValue::from_bytes(field).unwrap());
            }
            assert_eq!(names_a_key(&headers), expected, "{headers:?}");
        }
    }
}
