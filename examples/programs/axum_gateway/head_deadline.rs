//! A deadline of short calls: it holds until there is a head. Short answers are read before that.
//!
//! `DeadlineLayer` holds to the end of the body, as it should where a call is what somebody waits for. A download or a
//! stream of events is none: it may go on for as long as something comes.

use http::{Request, Response};
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::timeout;
use tower::{BoxError, Service};
use tower_retry_policy::{Deadline, attempt_timeout::AttemptTimeouts};

/// Gives each call a deadline, and no body. It stands above the retry, and [`of_head`] below it.
#[derive(Clone)]
pub(crate) struct HeadDeadline<S> {
    inner: S,
    limit: Duration,
}

/// What gives up by itself at the deadline knows more to tell, and goes first.
const GRACE: Duration = Duration::from_millis(20);

/// The deadline in the request becomes a limit of this attempt's head, and is gone: its body has none.
pub(crate) fn of_head<B>(mut request: Request<B>, patience: Duration) -> Request<B> {
    if let Some(deadline) = request.extensions_mut().remove::<Deadline>() {
        let head = deadline.remaining().min(patience);
        request.extensions_mut().insert(AttemptTimeouts::new().head(head).idle(patience));
    }
    request
}

// ===== impl HeadDeadline =====

impl<S> HeadDeadline<S> {
    pub(crate) fn new(inner: S, limit: Duration) -> Self {
        Self { inner, limit }
    }
}

impl<S, Q, B> Service<Request<Q>> for HeadDeadline<S>
where
    S: Service<Request<Q>, Response = Response<B>, Error = BoxError, Future: Send + 'static>,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<B>, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Q>) -> Self::Future {
        request.extensions_mut().insert(Deadline::after(self.limit));
        let answer = timeout(self.limit.saturating_add(GRACE), self.inner.call(request));
        Box::pin(async { answer.await? })
    }
}
