//! Errors of tonic's channel.

use super::{Failure, connecting};
use crate::Phase;
use std::error::Error;
use tonic::{Code, ConnectError, Status, TimeoutExpired, transport};

pub(super) fn recognise(error: &(dyn Error + 'static)) -> Option<Failure> {
    if error.is::<ConnectError>() {
        return Some(connecting::failure(error));
    }
    if let Some(channel) = error.downcast_ref::<transport::Error>() {
        // Whatever happens on a connection comes as an error of hyper's, and what a connector says in a `ConnectError`.
        // The channel's own connect timeout is the one error of the operating system's right below.
        let connector = channel.source().filter(|source| is_timeout(*source));
        return connector.map(connecting::failure);
    }
    if error.is::<TimeoutExpired>() {
        return Some(Failure::timeout(Phase::Read));
    }
    let status: &Status = error.downcast_ref()?;
    // a status that was made of another error knows less than that one
    let cause = super::chain(error).skip(1).find_map(super::recognise);
    // gRPC, "Status codes": a client may retry after `UNAVAILABLE` what is safe to repeat. Other codes are the
    // application's to interpret.
    cause.or_else(|| (status.code() == Code::Unavailable).then(|| Failure::new(Phase::Status)))
}

fn is_timeout(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref().is_some_and(|io: &std::io::Error| io.kind() == std::io::ErrorKind::TimedOut)
}
