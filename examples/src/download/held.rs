//! What the stack holds of a file.

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, header::CONTENT_RANGE};
use http_body::{Body, Frame, SizeHint};
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};

/// Bytes of the file that had come and that the reader did not have yet, at most.
#[derive(Debug, Clone, Default)]
pub(super) struct Held(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    read: AtomicU64,
    most: AtomicU64,
}

/// A body that says how far of the file it has come.
#[derive(Debug)]
pub(super) struct Watched<B> {
    inner: B,
    at: u64,
    held: Held,
}

// ===== impl Held =====

impl Held {
    /// The response below everything, as it comes.
    pub(super) fn watch<B>(&self, response: Response<B>) -> Response<Watched<B>> {
        let at = match response.status() {
            StatusCode::PARTIAL_CONTENT => first(response.headers()).unwrap_or_default(),
            _ => 0,
        };
        let held = self.clone();
        response.map(|inner| Watched { inner, at, held })
    }

    /// The reader has so many bytes more.
    pub(super) fn read(&self, bytes: u64) {
        self.0.read.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn most(&self) -> u64 {
        self.0.most.load(Ordering::Relaxed)
    }

    fn came_to(&self, at: u64) {
        let held = at.saturating_sub(self.0.read.load(Ordering::Relaxed));
        self.0.most.fetch_max(held, Ordering::Relaxed);
    }
}

// ===== impl Watched =====

impl<B: Body<Data = Bytes> + Unpin> Body for Watched<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = &mut *self;
        let frame = ready!(Pin::new(&mut this.inner).poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            this.at += data.len() as u64;
            this.held.came_to(this.at);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Where a part begins.
fn first(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_RANGE)?.to_str().ok()?.strip_prefix("bytes ")?.split_once('-')?.0.parse().ok()
}
