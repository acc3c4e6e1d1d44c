//! Errors of hyper-util's client.

use super::{Failure, connecting};
use crate::Phase;
use hyper_util::client::legacy::Error as ClientError;
use std::error::Error;

pub(super) fn recognise(error: &(dyn Error + 'static)) -> Option<Failure> {
    let client: &ClientError = error.downcast_ref()?;
    if client.is_connect() {
        return Some(connecting::failure(client));
    }
    if client.source().is_none_or(|cause| !cause.is::<hyper::Error>()) && is_canceled(client) {
        // it waited for the connection of another call, which did not come about
        return Some(Failure::new(Phase::Unprocessed));
    }
    // else the error of the connection below it
    None
}

/// A call without a connection; the kind has no accessor.
fn is_canceled(client: &ClientError) -> bool {
    client.to_string() == "client error (Canceled)"
}
