//! A client's upload on its way through: it may be slow, and it may not stop.

use crate::connection::Client;
use axum::body::Body;
use bytes::Bytes;
use http::Request;
use http_body::{Body as _, Frame, SizeHint};
use std::{
    error::Error,
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{Sleep, sleep},
};
use tower::BoxError;

/// Fails when the client has sent nothing for too long. Then it is the client's fault: an upload that failed is not tried again
/// and takes nothing from the budget of the upstream.
struct Upload {
    inner: Body,
    client: Client,
    limit: Duration,
    /// As long as somebody waits for a piece. While nobody asks, the client is not the one who is slow.
    timer: Option<Pin<Box<Sleep>>>,
    /// Until it has ended.
    open: Option<watch::Sender<()>>,
}

/// When an upload is over: an extension of its request.
#[derive(Clone)]
pub(crate) struct UploadEnd {
    end: watch::Receiver<()>,
}

/// The client has sent nothing for too long.
#[derive(Debug)]
pub(crate) struct UploadStalled {
    limit: Duration,
}

/// Watches the upload, if there is one.
pub(crate) fn watched(request: Request<Body>, client: &Client, limit: Duration) -> Request<Body> {
    if request.body().is_end_stream() {
        return request;
    }
    let (open, end) = watch::channel(());
    let client = client.clone();
    let mut request =
        request.map(|inner| Body::new(Upload { inner, client, limit, timer: None, open: Some(open) }));
    request.extensions_mut().insert(UploadEnd { end });
    request
}

// ===== impl UploadEnd =====

impl UploadEnd {
    pub(crate) async fn reached(&mut self) {
        // nothing is sent: it ends with its sender
        let _ = self.end.changed().await;
    }
}

// ===== impl Upload =====

impl http_body::Body for Upload {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Poll::Ready(next) = Pin::new(&mut self.inner).poll_frame(cx) else {
            let limit = self.limit;
            ready!(self.timer.get_or_insert_with(|| Box::pin(sleep(limit))).as_mut().poll(cx));
            return Poll::Ready(Some(Err(UploadStalled { limit }.into())));
        };
        self.timer = None;
        if self.inner.is_end_stream() || !matches!(next, Some(Ok(_))) {
            self.open = None;
        }
        Poll::Ready(next.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if self.open.is_some() {
            self.client.leaves_unread();
        }
    }
}

impl fmt::Display for UploadStalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "client sent nothing of its upload for {:?}", self.limit)
    }
}

impl Error for UploadStalled {}
