//! An upstream that has answered need not read the rest of an upload, and may close. What it said is read then, not lost.

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use std::{
    io::{Error, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

/// A connection to an upstream whose writes do not fail. The answer of a server that closes with unread data reaches us together
/// with its reset (RFC 9112 section 9.6); hyper gives a connection up whose write has failed, and reads no more. Here the reads say
/// how it ends: with what is there yet, and then with the reset.
pub(crate) struct EarlyAnswer<T> {
    inner: T,
    failed: bool,
}

// ===== impl EarlyAnswer =====

impl<T> EarlyAnswer<T> {
    pub(crate) fn new(inner: T) -> Self {
        Self { inner, failed: false }
    }

    fn written(
        &mut self,
        length: usize,
        write: impl FnOnce(&mut T) -> Poll<Result<usize, Error>>,
    ) -> Poll<usize> {
        if !self.failed {
            match write(&mut self.inner) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(written)) => return Poll::Ready(written),
                Poll::Ready(Err(_)) => self.failed = true,
            }
        }
        Poll::Ready(length)
    }
}

impl<T: Read + Unpin> Read for EarlyAnswer<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl<T: Write + Unpin> Write for EarlyAnswer<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<Result<usize, Error>> {
        self.written(data.len(), |inner| Pin::new(inner).poll_write(cx, data)).map(Ok)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[IoSlice<'_>],
    ) -> Poll<Result<usize, Error>> {
        let length = data.iter().map(|slice| slice.len()).sum();
        self.written(length, |inner| Pin::new(inner).poll_write_vectored(cx, data)).map(Ok)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.written(0, |inner| Pin::new(inner).poll_flush(cx).map_ok(|()| 0)).map(|_| Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

impl<T: Connection> Connection for EarlyAnswer<T> {
    fn connected(&self) -> Connected {
        self.inner.connected()
    }
}
