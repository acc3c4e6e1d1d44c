//! What may be told of a request's target.

use crate::one_line::write_escaped;
use http::Uri;
use std::fmt;

/// Bytes of a host or a path that are told: more than any that was written by hand has.
const LIMIT: usize = 2048;

/// Scheme, host, port and path of a target: credentials and query may be secret and stay out (RFC 3986 section 7.5).
pub(crate) struct Target<'a>(pub(crate) &'a Uri);

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(scheme) = self.0.scheme_str() {
            write!(f, "{scheme}://")?;
        }
        if let Some(host) = self.0.host() {
            write_escaped(f, host, LIMIT)?;
        }
        if let Some(port) = self.0.port() {
            write!(f, ":{port}")?;
        }
        // `http` lets bytes above ASCII stand in a path
        write_escaped(f, self.0.path(), LIMIT)
    }
}

impl fmt::Debug for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_told_without_secrets() {
        let table = [
            ("http://example.com/", "http://example.com/"),
            ("https://a:b@example.com/x?key=c", "https://example.com/x"),
            ("https://a@[::1]:8443/?k", "https://[::1]:8443/"),
            ("/path?key=c", "/path"),
            ("*", "*"),
            ("a:b@example.com:443", "example.com:443"),
            (
                "http://example.com/a\u{202e}b\u{85}c\u{2028}",
                "http://example.com/a\\u{202e}b\\u{85}c\\u{2028}",
            ),
        ];
        for (uri, told) in table {
            let uri: Uri = uri.parse().unwrap();
            assert_eq!(Target(&uri).to_string(), told, "{uri}");
        }
    }
}
