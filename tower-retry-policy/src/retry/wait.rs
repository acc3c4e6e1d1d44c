use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::Sleep;

/// The wait before a retry.
///
/// Where there is none it yields once: a call that is retried at once, again and again, over a service that answers at
/// once would otherwise keep its thread from every other task.
pub struct Wait {
    kind: Kind,
}

enum Kind {
    /// Boxed, because tower keeps room for it in the future of every call and few calls wait.
    Sleep(Pin<Box<Sleep>>),
    Yield,
    Over,
}

impl Wait {
    pub(crate) fn new(duration: Duration) -> Self {
        let kind = if duration.is_zero() {
            Kind::Yield
        } else {
            Kind::Sleep(Box::pin(tokio::time::sleep(duration)))
        };
        Self { kind }
    }
}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.kind {
            Kind::Sleep(sleep) => sleep.as_mut().poll(cx),
            Kind::Yield => {
                self.kind = Kind::Over;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Kind::Over => Poll::Ready(()),
        }
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").field("immediate", &!matches!(self.kind, Kind::Sleep(_))).finish()
    }
}
