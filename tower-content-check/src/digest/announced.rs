use http::{HeaderMap, HeaderName, header};

/// Whether `Trailer` says that one of the fields will come (RFC 9110 section 6.6.2).
pub(crate) fn announces(headers: &HeaderMap, names: &[HeaderName]) -> bool {
    headers
        .get_all(header::TRAILER)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .any(|stated| {
            names.iter().any(|name| stated.trim_ascii().eq_ignore_ascii_case(name.as_str().as_bytes()))
        })
}
