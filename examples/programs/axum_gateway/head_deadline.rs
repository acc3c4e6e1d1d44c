//! A deadline of short calls: it holds until there is a head. Short answers are read before that.
//!
//! `DeadlineLayer` holds to the end of the body, as it should where a call is what somebody waits for. A download or a
//! stream of events is none: it may go on for as long as something comes. Nor is an upload: the deadline begins when it has ended.

use crate::upload::UploadEnd;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use std::{
    future::Future,
    pin::{Pin, pin},
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

/// For how many milliseconds the client will wait.
const REQUEST_TIMEOUT: HeaderName = HeaderName::from_static("request-timeout");

/// What gives up by itself at the deadline knows more to tell, and goes first.
const GRACE: Duration = Duration::from_millis(20);

/// The deadline in the request becomes a limit of this attempt's head, and is gone: its body has none. An upstream whose client
/// has said how long it waits is told what is left.
pub(crate) fn of_head<B>(mut request: Request<B>, patience: Duration) -> Request<B> {
    if let Some(deadline) = request.extensions_mut().remove::<Deadline>() {
        let left = deadline.remaining();
        request.extensions_mut().insert(AttemptTimeouts::new().head(left.min(patience)).idle(patience));
        if let Some(told) = request.headers_mut().get_mut(&REQUEST_TIMEOUT) {
            *told = HeaderValue::from(left.as_millis().max(1) as u64);
        }
    }
    request
}

/// No longer than `longest`, whatever the client asks for; nothing else of the field reaches the upstream.
fn granted(headers: &mut HeaderMap, longest: Duration) -> Duration {
    let asked = headers.remove(&REQUEST_TIMEOUT).and_then(|value| value.to_str().ok()?.parse().ok());
    // zero is no limit to some, and answers nobody
    let Some(asked @ 1..) = asked else { return longest };
    let granted = Duration::from_millis(asked).min(longest);
    headers.insert(REQUEST_TIMEOUT, HeaderValue::from(granted.as_millis() as u64));
    granted
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
        let limit = granted(request.headers_mut(), self.limit);
        let Some(mut upload) = request.extensions().get::<UploadEnd>().cloned() else {
            request.extensions_mut().insert(Deadline::after(limit));
            let answer = timeout(limit.saturating_add(GRACE), self.inner.call(request));
            return Box::pin(async { answer.await? });
        };
        // when that will be nobody can tell the policy yet
        let answer = self.inner.call(request);
        Box::pin(async move {
            let mut answer = pin!(answer);
            tokio::select! {
                answer = &mut answer => return answer,
                () = upload.reached() => {}
            }
            timeout(limit, answer).await?
        })
    }
}
