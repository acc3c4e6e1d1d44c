//! Errors of the operating system, for connectors and clients that pass them on.

use super::Failure;
use crate::Phase;
use std::{error::Error, io::ErrorKind};

pub(super) fn recognise(error: &(dyn Error + 'static)) -> Option<Failure> {
    let io: &std::io::Error = error.downcast_ref()?;
    match io.kind() {
        ErrorKind::ConnectionRefused
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::AddrNotAvailable => Some(Failure::new(Phase::Connect)),
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::NotConnected
        | ErrorKind::UnexpectedEof => Some(Failure::new(Phase::Read)),
        ErrorKind::TimedOut => Some(Failure::timeout(Phase::Read)),
        // other kinds say nothing of the network; what such an error wraps is asked next
        _ => None,
    }
}
