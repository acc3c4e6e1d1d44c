use sfv::Parser;

/// Reads a field that is nothing but base64, with the parser of structured fields: between colons it is one of their
/// byte sequences.
pub(crate) fn base64(value: &[u8]) -> Option<Vec<u8>> {
    let sequence = [b":", value.trim_ascii(), b":"].concat();
    Parser::new(&sequence).parse_item::<Vec<u8>>().ok()
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
