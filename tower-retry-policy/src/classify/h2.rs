//! Errors of HTTP/2 connections.

use super::Failure;
use crate::Phase;
use h2::Reason;
use std::error::Error;

pub(super) fn recognise(error: &(dyn Error + 'static)) -> Option<Failure> {
    let h2: &h2::Error = error.downcast_ref()?;
    let remote = h2.is_remote();
    let unprocessed = match h2.reason() {
        // RFC 9113 section 8.7: the stream was closed before any processing took place
        Some(Reason::REFUSED_STREAM) => h2.is_reset() && remote,
        // RFC 9113 section 6.8: streams above the last one that a graceful GOAWAY names were not processed;
        // streams below it go on and are answered, so only the former see this error
        Some(Reason::NO_ERROR) => h2.is_go_away() && remote,
        _ => false,
    };
    if unprocessed {
        return Some(Failure::new(Phase::Unprocessed));
    }
    if let Some(io) = h2.get_io() {
        return super::io::recognise(io).or(Some(Failure::new(Phase::Read)));
    }
    Some(Failure::new(Phase::Read))
}
