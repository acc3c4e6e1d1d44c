//! The errors of this crate, and tower's own timeout.

use super::Failure;
use crate::{AttemptTimeoutError, DeadlineError, Phase, PhasedError, ReplayBodyError, RetryError};
use std::error::Error;

pub(super) fn recognise(error: &(dyn Error + 'static)) -> Option<Failure> {
    if let Some(inner) = error.downcast_ref::<RetryError>() {
        return Some(exhausted(inner));
    }
    if let Some(phased) = error.downcast_ref::<PhasedError>() {
        return Some(phased_by_owner(phased));
    }
    if let Some(timeout) = error.downcast_ref::<AttemptTimeoutError>() {
        if timeout.is_unsent() {
            return Some(Failure::timeout(Phase::Unprocessed));
        }
        // before the head nobody knows whether the request was sent
        return Some(Failure::timeout(if timeout.in_body() { Phase::Body } else { Phase::Read }));
    }
    #[cfg(feature = "hyper-util")]
    if error.is::<crate::ConnectTimeoutError>() {
        // hyper-util's client says itself that the request had no connection
        return Some(Failure::timeout(Phase::Connect));
    }
    if error.is::<DeadlineError>() || error.is::<tower::timeout::error::Elapsed>() {
        return Some(Failure::timeout(Phase::Read));
    }
    if error.is::<ReplayBodyError>() {
        // the request's own body: the same would come again, whatever error of a connection is its cause
        return Some(Failure::new(Phase::Other));
    }
    None
}

/// An inner retry gave up: the phase is that of its last attempt, unless only that one was not sent.
fn exhausted(inner: &RetryError) -> Failure {
    let phase = inner.history().phase().unwrap_or(Phase::Other);
    Failure { exhausted_inner: true, ..Failure::new(phase) }
}

/// The phase is the owner's; what else is known of the causes holds.
fn phased_by_owner(phased: &PhasedError) -> Failure {
    let known = phased.source().map_or(Failure::new(phased.phase()), super::failure);
    Failure { phase: phased.phase(), graceful: false, waited: false, ..known }
}
