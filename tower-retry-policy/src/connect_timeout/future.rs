use super::ConnectTimeoutError;
use crate::limits::timer;
use http::Response;
use hyper::body::Incoming;
use hyper_util::client::legacy::{ResponseFuture as Call, connect::CaptureConnection};
use pin_project_lite::pin_project;
use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::{Sleep, sleep};
use tower::BoxError;

pin_project! {
    /// The future of a [`ConnectTimeout`](super::ConnectTimeout): the response's head, if there was a connection in time.
    pub struct ResponseFuture {
        // none when the limit has passed
        inner: Option<Call>,
        // none when the request has its connection
        connection: Option<CaptureConnection>,
        limit: Duration,
        #[pin]
        timer: Option<Sleep>,
    }
}

impl ResponseFuture {
    pub(super) const fn new(inner: Call, connection: CaptureConnection, limit: Duration) -> Self {
        Self { inner: Some(inner), connection: Some(connection), limit, timer: None }
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<Incoming>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(call) = this.inner {
            if let Poll::Ready(answer) = Pin::new(call).poll(cx) {
                return Poll::Ready(answer.map_err(Into::into));
            }
            let Some(connection) = this.connection else { return Poll::Pending };
            // The client notes the connection before it hands the request over, and only while it is polled, so a
            // request without one is still in the future. One that the connection has given back to it, unsent, keeps
            // the note: it is taken for one that may have been sent.
            if connection.connection_metadata().is_some() {
                *this.connection = None;
                this.timer.set(None);
                return Poll::Pending;
            }
            if this.timer.is_none() {
                this.timer.set(Some(sleep(*this.limit)));
                this.timer.as_mut().as_pin_mut().map(timer::register);
            }
            if let Some(timer) = this.timer.as_mut().as_pin_mut() {
                ready!(timer::poll_fired(timer, cx));
            }
            // the request goes now, not when the caller gets round to it
            *this.inner = None;
        }
        Poll::Ready(Err(ConnectTimeoutError::new(*this.limit).into()))
    }
}

impl fmt::Debug for ResponseFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture")
            .field("connected", &self.connection.is_none())
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
