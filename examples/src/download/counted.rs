use crate::sim::network::Stream;
use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection that counts what is written to it, and dies after so many bytes.
///
/// The count stands here and not at the response's body, because hyper takes the whole file into its own buffer at once.
/// Of a connection that breaks off it holds what still lay in the socket's buffer, 16 KiB at the most.
#[derive(Debug)]
pub(super) struct Counted {
    inner: Stream,
    written: Arc<AtomicU64>,
    left: u64,
}

impl Counted {
    /// It lasts for so many bytes.
    pub(super) fn new(inner: Stream, written: Arc<AtomicU64>, lasts: u64) -> Self {
        Self { inner, written, left: lasts }
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let most = usize::try_from(self.left).map_or(data.len(), |left| left.min(data.len()));
        if most == 0 && !data.is_empty() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let result = Pin::new(&mut self.inner).poll_write(cx, &data[..most]);
        if let Poll::Ready(Ok(written)) = &result {
            self.left -= *written as u64;
            self.written.fetch_add(*written as u64, Ordering::Relaxed);
        }
        result
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
