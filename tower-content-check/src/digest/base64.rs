use super::{Hash, hash};
use sfv::Parser;

/// Reads a field that is nothing but base64, with the parser of structured fields: between colons it is one of their
/// byte sequences.
pub(crate) fn base64(value: &[u8]) -> Option<Hash> {
    let value = value.trim_ascii();
    hash::usual(value).or_else(|| {
        let sequence = [b":", value, b":"].concat();
        Parser::new(&sequence).parse_item::<Vec<u8>>().ok().map(Hash::from_vec)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_base64_and_nothing_else() {
        let cases: &[(&str, Option<&[u8]>)] = &[
            ("aGVsbG8=", Some(b"hello")),
            (" aGVsbG8= ", Some(b"hello")),
            ("", Some(b"")),
            // without its padding, and with bits left over
            ("aGVsbG8", Some(b"hello")),
            ("aGVsbG9=", Some(b"hello")),
            ("aGVsbG8=-3", None),
            ("a:b", None),
            ("aGVsbG8=: ;a=:aGVsbG8=", None),
            ("\"aGVsbG8=\"", None),
        ];
        for (value, expected) in cases {
            assert_eq!(base64(value.as_bytes()).as_deref(), *expected, "{value}");
        }
    }
}
