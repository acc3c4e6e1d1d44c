//! One end of a TCP connection as an asynchronous byte stream.

use super::{
    host::Name,
    shared::{Shared, Side},
};
use hyper_util::client::legacy::connect::{Connected, Connection};
use std::{
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// One end of an established connection.
///
/// Dropping it closes the connection as an operating system would: with FIN, or with RST where data is unread
/// or an answer is still on its way.
#[derive(Debug)]
pub struct Stream {
    shared: Arc<Shared>,
    side: Side,
    name: Name,
    silence: Option<Silence>,
}

/// A limit on the time without a byte, re-armed by each read, as a socket's receive timeout.
#[derive(Debug)]
pub(crate) struct Silence {
    limit: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Stream {
    pub(crate) fn new(shared: Arc<Shared>, side: Side, name: Name) -> Self {
        Self { shared, side, name, silence: None }
    }

    /// Fails a read that stays without a byte for so long, with [`io::ErrorKind::TimedOut`].
    #[must_use]
    pub(crate) fn with_read_timeout(mut self, limit: Option<Duration>) -> Self {
        self.silence = limit.map(Silence::new);
        self
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if let Poll::Ready(result) =
            this.shared.poll_read(this.side, this.name, cx, buffer.initialize_unfilled())
        {
            if let Some(silence) = &mut this.silence {
                silence.broken();
            }
            return Poll::Ready(result.map(|length| buffer.advance(length)));
        }
        let over = this.silence.as_mut().is_some_and(|silence| silence.poll_over(cx).is_ready());
        if over {
            this.shared.close(this.side, this.name, true);
            return Poll::Ready(Err(Silence::error()));
        }
        Poll::Pending
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.shared.poll_write(self.side, self.name, cx, data)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shared.shut_down(self.side, self.name);
        Poll::Ready(Ok(()))
    }
}

impl Silence {
    pub(crate) fn new(limit: Duration) -> Self {
        Self { limit, waiting: None }
    }

    pub(crate) fn error() -> io::Error {
        io::Error::new(io::ErrorKind::TimedOut, "no byte within the read timeout")
    }

    /// There was a byte.
    pub(crate) fn broken(&mut self) {
        self.waiting = None;
    }

    /// Ready when it has lasted for too long.
    pub(crate) fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let limit = self.limit;
        self.waiting.get_or_insert_with(|| Box::pin(sleep(limit))).as_mut().poll(cx)
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.shared.close(self.side, self.name, false);
        self.shared.orphan(self.side, self.name);
    }
}
