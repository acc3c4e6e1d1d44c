//! Errors of hyper-util's client.

use super::Failure;
use crate::{FailureKind, Phase};
use hyper_util::client::legacy::Error as ClientError;
use std::{error::Error, io::ErrorKind};

pub(super) fn recognise(error: &(dyn Error + 'static)) -> Option<Failure> {
    let client: &ClientError = error.downcast_ref()?;
    if !client.is_connect() {
        // its own error or that of the connection below it
        return None;
    }
    // Whatever happened, no request was sent. What a further attempt cannot mend is told apart: a TLS
    // handshake fails with an error that is not the network's (rustls: `InvalidData`; OpenSSL: no
    // `io::Error` at all), and so does a target that no connector understands.
    let network = super::chain(client).filter_map(|cause| cause.downcast_ref::<std::io::Error>()).last();
    let elapsed = super::chain(client).any(<dyn Error + 'static>::is::<tower::timeout::error::Elapsed>);
    Some(match network.map(std::io::Error::kind) {
        _ if elapsed => Failure::timeout(Phase::Connect),
        Some(ErrorKind::TimedOut) => Failure::timeout(Phase::Connect),
        None | Some(ErrorKind::InvalidData | ErrorKind::InvalidInput) => Failure::new(Phase::Other),
        Some(_) => Failure { kind: FailureKind::Transient, ..Failure::new(Phase::Connect) },
    })
}
