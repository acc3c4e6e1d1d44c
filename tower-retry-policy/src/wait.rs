use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::Sleep;

/// The wait before a retry; ready at once where there is none.
pub struct Wait {
    /// Boxed, because tower keeps room for it in the future of every call and few calls wait.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Wait {
    pub(crate) fn new(duration: Duration) -> Self {
        let sleep = (!duration.is_zero()).then(|| Box::pin(tokio::time::sleep(duration)));
        Self { sleep }
    }
}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.sleep {
            Some(sleep) => sleep.as_mut().poll(cx),
            None => Poll::Ready(()),
        }
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").field("immediate", &self.sleep.is_none()).finish()
    }
}
