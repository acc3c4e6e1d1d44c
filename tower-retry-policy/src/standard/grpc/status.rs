use crate::{AttemptTimeoutError, DeadlineError, RetryError, causes::chain};
use std::{error::Error, sync::Arc};
use tonic::{Code, Status};
use tower::BoxError;

/// What the stack has given up on, as a gRPC client expects it: tonic calls an error that is not its own `Unknown`.
pub(super) fn status(error: BoxError) -> Status {
    let code = code(&*error);
    let message = match RetryError::find(&*error) {
        Some(last) => last.history().to_string(),
        None => error.to_string(),
    };
    let mut status = Status::new(code, message);
    status.set_source(Arc::from(error));
    status
}

/// "Status codes" of gRPC: `UNAVAILABLE` is what a transport says that has lost its server.
fn code(error: &(dyn Error + 'static)) -> Code {
    if RetryError::find(error).is_some_and(RetryError::is_deadline) || chain(error).any(is_deadline) {
        return Code::DeadlineExceeded;
    }
    let own = chain(error).find_map(|cause| cause.downcast_ref::<Status>());
    own.map_or(Code::Unavailable, Status::code)
}

fn is_deadline(cause: &(dyn Error + 'static)) -> bool {
    let attempt = cause.downcast_ref().is_some_and(AttemptTimeoutError::is_deadline);
    attempt || cause.is::<DeadlineError>()
}
