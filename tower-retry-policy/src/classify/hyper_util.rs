//! Errors of hyper-util's client.

use super::{Failure, connecting};
use hyper_util::client::legacy::Error as ClientError;
use std::error::Error;

pub(super) fn recognise(error: &(dyn Error + 'static)) -> Option<Failure> {
    let client: &ClientError = error.downcast_ref()?;
    // else its own error or that of the connection below it
    client.is_connect().then(|| connecting::failure(client))
}
