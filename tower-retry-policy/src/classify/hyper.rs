//! Errors of hyper's connections.

use super::Failure;
use crate::Phase;
use std::error::Error;

pub(super) fn recognise(error: &(dyn Error + 'static)) -> Option<Failure> {
    let hyper: &hyper::Error = error.downcast_ref()?;
    if hyper.is_canceled() {
        // hyper gives this to requests that it never began to write ("connection was not ready",
        // "connection closed"); a request in flight gets another error
        return Some(Failure::new(Phase::Unprocessed));
    }
    if hyper.is_user() || hyper.is_parse() {
        // a request that cannot be sent, or an answer that is not HTTP: the same would come again
        return Some(Failure::new(Phase::Other));
    }
    // the cause knows more: an HTTP/2 reason, a read timeout of the socket
    let known = super::chain(hyper).skip(1).find_map(super::recognise);
    if known.is_some() {
        return known;
    }
    if hyper.is_timeout() {
        return Some(Failure::timeout(Phase::Read));
    }
    // closed before or in the head, reset, shut down: sent, perhaps, and no answer
    Some(Failure::new(Phase::Read))
}
