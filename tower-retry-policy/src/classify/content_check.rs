//! Errors of `tower-content-check`: a broken body, or a wrong one.

use super::{Failure, failure};
use crate::Phase;
use std::error::Error;
use tower_content_check::ContentCheckError;

pub(super) fn recognise(error: &(dyn Error + 'static)) -> Option<Failure> {
    let checked: &ContentCheckError = error.downcast_ref()?;
    if checked.is_rejected() {
        let (permanent, fingerprint) = (checked.is_permanent(), checked.fingerprint());
        return Some(Failure { permanent, fingerprint, ..Failure::new(Phase::Content) });
    }
    // the head has come, so this is the body, whatever the client calls its error
    let kind = checked.source().map_or(crate::FailureKind::Transient, |source| failure(source).kind);
    Some(Failure { kind, ..Failure::new(Phase::Body) })
}
