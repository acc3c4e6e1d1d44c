//! Errors of hyper's connections.

use super::Failure;
use crate::Phase;
use std::{error::Error, io::Error as IoError};

pub(super) fn recognise(error: &(dyn Error + 'static)) -> Option<Failure> {
    let hyper: &hyper::Error = error.downcast_ref()?;
    if hyper.is_canceled() && never_taken(hyper) {
        // the connection's own end is this error's cause, and may be one that comes again
        let mut refusals = causes(hyper).filter_map(|cause| cause.downcast_ref::<IoError>());
        let refused = refusals.any(super::io::refused_by_tls);
        return Some(Failure::new(if refused { Phase::Other } else { Phase::Unprocessed }));
    }
    if hyper.is_closed() {
        // hyper's client says so of a connection that closed before it was ready for a request
        return Some(Failure::new(Phase::Unprocessed));
    }
    if is_dropped_by_its_connection(hyper) {
        return Some(Failure::new(Phase::Read));
    }
    if hyper.is_user() || is_too_large(hyper) {
        // a request that cannot be sent, or a head over the client's limit: the same would come again
        return Some(Failure::new(Phase::Other));
    }
    // the cause knows more: an HTTP/2 reason, a read timeout of the socket
    if let Some(known) = of_the_stream(hyper) {
        return Some(known);
    }
    if let Some(known) = causes(hyper).find_map(super::recognise) {
        return Some(known.on_a_connection());
    }
    if hyper.is_timeout() {
        return Some(Failure::timeout(Phase::Read));
    }
    // Closed before or in the head, reset, shut down; or what came is not HTTP, as surplus bytes of the answer before on
    // the same connection are not. The request went out, perhaps, and has no answer.
    Some(Failure::new(Phase::Read))
}

fn causes(hyper: &hyper::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    super::chain(hyper).skip(1)
}

/// Whether the connection never took the request: it was not ready (`try_send_request`), it was dropped with the request
/// in its queue (`dispatch::Envelope`), or it failed and its error is the cause (`h1::dispatch::Client::recv_msg`). What
/// it took ends otherwise. hyper 1.12 says "canceled" in one place more, of an upgrade that was lost after the head.
fn never_taken(hyper: &hyper::Error) -> bool {
    hyper.source().is_some_and(|cause| {
        let text = cause.to_string();
        cause.is::<hyper::Error>() || text == "connection was not ready" || text == "connection closed"
    })
}

/// hyper 1.12 calls it an error of the user, but an HTTP/2 connection that is shut down drops the one request that waits
/// in h2 for a stream (`fut_ctx` in `proto/h2/client.rs`); it may have been sent.
fn is_dropped_by_its_connection(hyper: &hyper::Error) -> bool {
    hyper.is_user() && hyper.to_string() == "dispatch task is gone"
}

/// `is_parse_too_large` is there only with hyper's server.
fn is_too_large(hyper: &hyper::Error) -> bool {
    hyper.is_parse() && hyper.to_string() == "message head is too large"
}

/// What the server said of the stream itself, but for a body that is read: then the head had come.
#[cfg(feature = "h2")]
fn of_the_stream(hyper: &hyper::Error) -> Option<Failure> {
    let known = super::h2::recognise(hyper.source()?)?;
    let in_body = hyper.to_string() == "error reading a body from connection";
    Some(if in_body { known.on_a_connection() } else { known })
}

#[cfg(not(feature = "h2"))]
fn of_the_stream(_: &hyper::Error) -> Option<Failure> {
    None
}
