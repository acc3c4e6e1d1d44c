//! Errors of clients that say themselves that no connection came about.

use super::Failure;
use crate::Phase;
use std::{
    error::Error,
    io::{Error as IoError, ErrorKind},
};

/// Whatever happened, no request was sent. What a further attempt cannot mend is told apart: a TLS handshake
/// fails with an error that is not the network's (rustls: `InvalidData`; OpenSSL: no `io::Error` at all), and
/// so does a target that no connector understands.
pub(super) fn failure(error: &(dyn Error + 'static)) -> Failure {
    let network = super::chain(error).filter_map(|cause| cause.downcast_ref::<IoError>()).last();
    let elapsed = super::chain(error).any(<dyn Error + 'static>::is::<tower::timeout::error::Elapsed>);
    match network.map(IoError::kind) {
        _ if elapsed => Failure::timeout(Phase::Connect),
        Some(ErrorKind::TimedOut) => Failure::timeout(Phase::Connect),
        None | Some(ErrorKind::InvalidData | ErrorKind::InvalidInput) => Failure::new(Phase::Other),
        Some(_) => Failure::new(Phase::Connect),
    }
}
