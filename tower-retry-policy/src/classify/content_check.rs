//! Errors of `tower-content-check`: a broken body, or a wrong one.

use super::{Failure, failure};
use crate::{FailureKind, Phase, causes::chain};
use std::error::Error;
use tower_content_check::{ContentCheckError, continuation::ContinueError};

pub(super) fn recognise(error: &(dyn Error + 'static)) -> Option<Failure> {
    if let Some(continued) = error.downcast_ref() {
        return continuation(continued);
    }
    let checked: &ContentCheckError = error.downcast_ref()?;
    if checked.is_rejected() {
        let (permanent, fingerprint) = (checked.is_permanent(), checked.fingerprint());
        return Some(Failure { permanent, fingerprint, ..Failure::new(Phase::Content) });
    }
    let Some(source) = checked.source() else { return Some(Failure::new(Phase::Body)) };
    // a body that has continued itself says more of its end than that it broke
    let continued = chain(source).find_map(|cause| cause.downcast_ref::<ContinueError>());
    if let Some(failure) = continued.and_then(continuation) {
        return Some(failure);
    }
    // the head has come, so this is the body, whatever the client calls its error
    Some(Failure { kind: failure(source).kind, ..Failure::new(Phase::Body) })
}

/// What a retry makes of it that begins anew, with none of what was read. What a check rejected is for the check to say.
fn continuation(error: &ContinueError) -> Option<Failure> {
    if error.is_rejected() {
        return None;
    }
    if error.is_changed() {
        // the new content is as good as the old was
        return Some(Failure::new(Phase::Content));
    }
    if error.status().is_some() {
        // gone or forbidden: the first request would be told the same
        return Some(Failure { permanent: true, ..Failure::new(Phase::Content) });
    }
    let kind = error.source().map_or(FailureKind::Transient, |source| failure(source).kind);
    Some(Failure { kind, exhausted_inner: error.is_refused_by_policy(), ..Failure::new(Phase::Body) })
}
