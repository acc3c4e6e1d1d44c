//! Errors of reqwest, where they say more than the errors of hyper and hyper-util inside them.

use super::{Failure, connecting};
use crate::Phase;
use hyper_util::client::legacy::Error as ClientError;
use std::error::Error;

pub(super) fn recognise(error: &(dyn Error + 'static)) -> Option<Failure> {
    let client: &reqwest::Error = error.downcast_ref()?;
    if client.is_request() && was_connecting(client) {
        return Some(no_connection(client));
    }
    if client.is_body() || client.is_decode() {
        return Some(in_the_body(client));
    }
    if !client.is_request() {
        // a request that cannot be built, a redirect that may not be followed, a status that the caller has
        // turned into an error and so taken from the policy: the same would come again
        return Some(Failure::new(Phase::Other));
    }
    // reqwest's own timeout is the whole cause; below a connection's error it belongs to whoever made that
    let own_timeout =
        client.is_timeout() && !super::chain(client).any(<dyn Error + 'static>::is::<hyper::Error>);
    own_timeout.then(|| Failure::timeout(Phase::Read))
}

/// `is_connect` finds a connect error anywhere below, also that of another client whose answer is this request's body.
/// The first error of a client is this one's.
fn was_connecting(client: &reqwest::Error) -> bool {
    let mut causes = super::chain(client).skip(1);
    let own = causes.find(|cause| cause.is::<ClientError>() || cause.is::<hyper::Error>());
    own.and_then(|own| own.downcast_ref()).is_some_and(ClientError::is_connect)
}

/// Its timeout is a type of its own.
fn no_connection(client: &reqwest::Error) -> Failure {
    let failure = connecting::failure(client);
    match failure.phase {
        Phase::Connect if client.is_timeout() => Failure::timeout(Phase::Connect),
        _ => failure,
    }
}

fn in_the_body(client: &reqwest::Error) -> Failure {
    if client.is_timeout() {
        return Failure::timeout(Phase::Body);
    }
    match super::chain(client).skip(1).find_map(super::recognise) {
        Some(broken) => Failure { kind: broken.kind, ..Failure::new(Phase::Body) },
        // no connection broke: the bytes were there, and neither the decompression nor the parser liked them
        None if client.is_decode() => Failure::new(Phase::Content),
        None => Failure::new(Phase::Body),
    }
}
