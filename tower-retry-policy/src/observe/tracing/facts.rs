//! What OpenTelemetry wants to know of a request and of an outcome.

use crate::{Phase, target::Target};
use http::{Method, StatusCode, Uri, uri::Scheme};

/// The methods that the conventions know: RFC 9110, PATCH of RFC 5789, and QUERY.
pub(super) fn known_method(method: &Method) -> Option<&str> {
    const KNOWN: [&str; 10] =
        ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"];
    Some(method.as_str()).filter(|method| KNOWN.contains(method))
}

pub(super) fn method(method: &Method) -> &str {
    known_method(method).unwrap_or("_OTHER")
}

/// The host without the brackets of an IPv6 address, which belong to the URL.
pub(super) fn address(uri: &Uri) -> Option<&str> {
    let host = uri.host()?;
    Some(host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host))
}

pub(super) fn port(uri: &Uri) -> Option<u16> {
    let by_scheme = || match uri.scheme() {
        Some(scheme) if *scheme == Scheme::HTTP => Some(80),
        Some(scheme) if *scheme == Scheme::HTTPS => Some(443),
        _ => None,
    };
    uri.port_u16().or_else(by_scheme)
}

/// A status that is an error by itself says it best; a response that the policy did not accept for another
/// reason, and a call without one, say how far they came.
pub(super) fn error_type(status: Option<StatusCode>, phase: Option<Phase>) -> Option<String> {
    match status {
        Some(status) if status.as_u16() >= 400 => Some(status.as_str().to_owned()),
        _ => phase.map(|phase| phase.name().to_owned()),
    }
}

/// The target without what may be secret; `None` where there is no whole URL, as in requests to a service in process.
pub(super) fn url(uri: &Uri) -> Option<Target<'_>> {
    (uri.scheme().is_some() && uri.host().is_some()).then_some(Target(uri))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_told_without_secrets() {
        let table = [
            ("http://example.com/", Some("http://example.com/"), Some("example.com"), Some(80)),
            (
                "https://a:b@example.com/x?key=c",
                Some("https://example.com/x"),
                Some("example.com"),
                Some(443),
            ),
            ("https://a@[::1]:8443/?k", Some("https://[::1]:8443/"), Some("::1"), Some(8443)),
            ("other://example.com/", Some("other://example.com/"), Some("example.com"), None),
            ("/path?key=c", None, None, None),
            ("*", None, None, None),
            ("a:b@example.com:443", None, Some("example.com"), Some(443)),
        ];
        for (uri, full, host, number) in table {
            let uri: Uri = uri.parse().unwrap();
            let full_told = url(&uri).map(|target| target.to_string());
            assert_eq!((full_told.as_deref(), address(&uri), port(&uri)), (full, host, number), "{uri}");
        }
    }
}
