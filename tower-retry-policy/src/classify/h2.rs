//! Errors of HTTP/2 connections.

use super::Failure;
use crate::Phase;
use h2::Reason;
use std::error::Error;

pub(super) fn recognise(error: &(dyn Error + 'static)) -> Option<Failure> {
    let h2: &h2::Error = error.downcast_ref()?;
    Some(match h2.reason() {
        // RFC 9113 section 8.7: the stream was closed before any processing took place
        Some(Reason::REFUSED_STREAM) if h2.is_reset() && h2.is_remote() => Failure::new(Phase::Unprocessed),
        // RFC 9113 section 6.8: streams above the last one that a GOAWAY names were not processed. But h2 names no
        // stream here, and gives the connection's GOAWAY also to a stream that was just queued and whose HEADERS still
        // go out, to a server that may well answer them.
        Some(Reason::NO_ERROR) if h2.is_go_away() && h2.is_remote() => {
            Failure { graceful: true, ..Failure::new(Phase::Read) }
        }
        _ => {
            let io = h2.get_io().and_then(|io| super::io::recognise(io));
            io.map_or(Failure::new(Phase::Read), Failure::on_a_connection)
        }
    })
}
