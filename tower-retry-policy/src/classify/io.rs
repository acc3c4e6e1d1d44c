//! Errors of the operating system, for clients and services that pass them on.

use super::{Failure, tls};
use crate::Phase;
use std::{
    error::Error,
    io::{Error as IoError, ErrorKind},
};

pub(super) fn recognise(error: &(dyn Error + 'static)) -> Option<Failure> {
    let io: &IoError = error.downcast_ref()?;
    if refused_by_tls(io) {
        return Some(Failure::new(Phase::Other));
    }
    match io.kind() {
        // Never `Connect`, whatever it is: Linux gives an established socket too what ICMP says of its route ("soft
        // errors", RFC 1122 section 4.2.3.9), after the request went out. A client that was connecting says so itself.
        ErrorKind::ConnectionRefused
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::AddrNotAvailable
        | ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::NotConnected
        | ErrorKind::UnexpectedEof => Some(Failure::new(Phase::Read)),
        ErrorKind::TimedOut => Some(Failure::timeout(Phase::Read)),
        // other kinds say nothing of the network; what such an error wraps is asked next
        _ => None,
    }
}

/// Whether the server ended a connection in use by a TLS alert that it would send again. Anything else that a TLS
/// library finds wrong there may be a record that was damaged on its way.
pub(super) fn refused_by_tls(io: &IoError) -> bool {
    io.get_ref().is_some_and(|inner| tls::alert_comes_again(&inner.to_string()))
}
