//! Errors of clients that say themselves that no connection came about.

use super::{Failure, tls};
use crate::{Phase, PhasedError};
use std::{
    error::Error,
    io::{Error as IoError, ErrorKind},
};

/// Texts of connectors and proxies for what a further attempt cannot mend; their types are private.
const COMES_AGAIN: [&str; 12] = [
    // hyper-util's HttpConnector
    "invalid URL, scheme is not http",
    "invalid URL, scheme is missing",
    "invalid URL, host is missing",
    // hyper-rustls, whose first goes on with the scheme
    "unsupported scheme ",
    "missing scheme",
    "invalid dns name",
    // hyper-util's proxies: a 407 to CONNECT (any other refusal may pass), no host, SOCKS without the right password
    "tunnel error: proxy authorization required",
    "tunnel error: missing destination host",
    "SOCKS error: credentials not accepted",
    "SOCKS error: server does not support user/pass authentication",
    // tonic
    "Connecting to HTTPS without TLS enabled",
    "HTTP/2 was not negotiated.",
];

/// hyper-util's pool, whose error is private, of a call that was to share the HTTP/2 connection of another one.
const WAITED: &str = "request was canceled";

/// The client says that it was connecting, so the request never left, whatever is below it: a caller that waited for
/// the connection of another one gets no error of the network at all. Only what is known to come again is told apart.
pub(super) fn failure(error: &(dyn Error + 'static)) -> Failure {
    if super::chain(error).any(comes_again) {
        Failure::new(Phase::Other)
    } else if super::chain(error).any(is_timeout) {
        Failure::timeout(Phase::Connect)
    } else {
        let waited = super::chain(error).any(|cause| cause.to_string() == WAITED);
        Failure { waited, ..Failure::new(Phase::Connect) }
    }
}

fn comes_again(cause: &(dyn Error + 'static)) -> bool {
    // a connector that knows it
    if let Some(phased) = cause.downcast_ref::<PhasedError>() {
        return phased.phase() == Phase::Other;
    }
    let text = cause.to_string();
    let kind = cause.downcast_ref().map(IoError::kind);
    kind == Some(ErrorKind::InvalidInput)
        || tls::handshake_comes_again(&text, kind == Some(ErrorKind::InvalidData))
        || COMES_AGAIN.iter().any(|known| text.starts_with(known))
}

fn is_timeout(cause: &(dyn Error + 'static)) -> bool {
    let network = cause.downcast_ref().is_some_and(|io: &IoError| io.kind() == ErrorKind::TimedOut);
    network || cause.is::<tower::timeout::error::Elapsed>()
}
