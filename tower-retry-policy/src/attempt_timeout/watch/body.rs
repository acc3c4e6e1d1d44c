use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep};
use tower::BoxError;

use super::{Expired, Watch, timer};

pin_project! {
    /// A body that is waited for until its first limit passes.
    #[derive(Debug)]
    pub(crate) struct WatchedBody<B> {
        // none once a limit has passed
        #[pin]
        inner: Option<B>,
        clock: Clock,
    }
}

#[derive(Debug)]
struct Clock {
    watch: Watch,
    /// Since when a frame is awaited; none while the consumer is away.
    waiting: Option<Instant>,
    /// One timer for the whole body. Boxed: most bodies never wait, and all of them are moved about.
    timer: Option<Pin<Box<Sleep>>>,
}

// ===== impl WatchedBody =====

impl<B> WatchedBody<B> {
    pub(crate) fn new(inner: B, watch: Watch) -> Self {
        Self { inner: Some(inner), clock: Clock { watch, waiting: None, timer: None } }
    }
}

impl<B> WatchedBody<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    pub(crate) fn poll_frame<X>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        too_late: impl FnOnce(Expired) -> X,
    ) -> Poll<Option<Result<Frame<B::Data>, BoxError>>>
    where
        X: Into<BoxError>,
    {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        if let Poll::Ready(frame) = inner.poll_frame(cx) {
            this.clock.waiting = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let expired = ready!(this.clock.poll_limits(cx));
        // the inner body goes now, and its connection with it, not when the consumer gets round to it
        this.inner.set(None);
        this.clock.timer = None;
        Poll::Ready(Some(Err(too_late(expired).into())))
    }

    /// Not the end, when a limit has passed: what is missing did not arrive.
    pub(crate) fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_some_and(Body::is_end_stream)
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

// ===== impl Clock =====

impl Clock {
    fn poll_limits(&mut self, cx: &mut Context<'_>) -> Poll<Expired> {
        if !self.watch.watches_body() {
            return Poll::Pending;
        }
        let first = self.waiting.is_none();
        let waiting = *self.waiting.get_or_insert_with(Instant::now);
        let Some((at, limit, allowed)) = self.watch.in_body(waiting) else { return Poll::Pending };
        // a limit that has passed already needs no timer
        if !(first && at <= waiting) {
            ready!(timer::poll_passed(&mut self.timer, at, cx));
        }
        Poll::Ready(Expired { limit, allowed })
    }
}
