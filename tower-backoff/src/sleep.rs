//! The future of one wait.

use pin_project_lite::pin_project;
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

pin_project! {
    /// A wait on tokio's clock, which may be paused.
    ///
    /// Needs a tokio runtime with its timer enabled, unless the wait is for nothing. Begins when it is made,
    /// not when it is first polled.
    #[derive(Debug)]
    #[must_use = "a future does nothing until it is polled"]
    pub struct Sleep {
        #[pin]
        inner: Option<tokio::time::Sleep>,
    }
}

impl Sleep {
    pub(crate) fn new(delay: Duration) -> Self {
        // A timer for nothing would still wait for the next turn of tokio's wheel, up to a millisecond.
        Self { inner: (!delay.is_zero()).then(|| tokio::time::sleep(delay)) }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.project().inner.as_pin_mut() {
            Some(sleep) => sleep.poll(cx),
            None => Poll::Ready(()),
        }
    }
}
