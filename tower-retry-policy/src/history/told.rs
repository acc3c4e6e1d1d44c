use crate::{AttemptTimeoutError, DeadlineError, RetryError, causes::chain};
use std::error::Error;

/// What a person should read of an error: the root of the chain says what happened, unless an error of this
/// project stands above it and says it better. What a content check says is where, and its cause is why.
pub(crate) fn cause_text(error: &(dyn Error + 'static)) -> String {
    let told = chain(error).find(|error| explains_itself(*error)).or_else(|| chain(error).last());
    let told = told.unwrap_or(error);
    match told.source().filter(|_| leaves_the_cause_open(told)) {
        Some(cause) => format!("{told}: {}", cause_text(cause)),
        None => told.to_string(),
    }
}

/// Whether an error's own text is what a person should read.
fn explains_itself(error: &(dyn Error + 'static)) -> bool {
    #[cfg(feature = "hyper-util")]
    if error.is::<crate::ConnectTimeoutError>() {
        return true;
    }
    leaves_the_cause_open(error)
        || error.is::<RetryError>()
        || error.is::<AttemptTimeoutError>()
        || error.is::<DeadlineError>()
}

/// Whether what a person should read goes on with the cause: a body that was cut may have been silent, or may not
/// have unpacked.
fn leaves_the_cause_open(error: &(dyn Error + 'static)) -> bool {
    #[cfg(feature = "content-check")]
    if error.is::<tower_content_check::ContentCheckError>()
        || error.is::<tower_content_check::continuation::ContinueError>()
    {
        return true;
    }
    let _ = error;
    false
}
