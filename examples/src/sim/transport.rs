//! Two ways to a server: through the simulated network, and over the TCP of this machine.

use crate::sim::network::{Connector, Silence, Stream};
use http::Uri;
use hyper_util::{
    client::legacy::connect::{Connected, Connection, HttpConnector},
    rt::TokioIo,
};
use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tower::BoxError;
use tower_service::Service;

/// A connector of either kind, with the same limits.
#[derive(Debug, Clone)]
pub(crate) enum Transport {
    Simulated(Connector),
    Tcp { connector: HttpConnector, read_timeout: Option<Duration> },
}

/// A connection of either kind.
#[derive(Debug)]
pub(crate) enum Conversation {
    Simulated(Stream),
    Tcp { stream: TcpStream, silence: Option<Silence> },
}

impl Transport {
    pub(crate) fn simulated(connector: Connector) -> Self {
        Self::Simulated(connector)
    }

    pub(crate) fn tcp() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self::Tcp { connector, read_timeout: None }
    }

    pub(crate) fn with_connect_timeout(self, limit: Duration) -> Self {
        match self {
            Self::Simulated(connector) => Self::Simulated(connector.with_connect_timeout(limit)),
            Self::Tcp { mut connector, read_timeout } => {
                connector.set_connect_timeout(Some(limit));
                Self::Tcp { connector, read_timeout }
            }
        }
    }

    pub(crate) fn with_read_timeout(self, limit: Duration) -> Self {
        match self {
            Self::Simulated(connector) => Self::Simulated(connector.with_read_timeout(limit)),
            Self::Tcp { connector, .. } => Self::Tcp { connector, read_timeout: Some(limit) },
        }
    }
}

impl Service<Uri> for Transport {
    type Response = TokioIo<Conversation>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<TokioIo<Conversation>, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match self {
            Self::Simulated(connector) => connector.poll_ready(cx).map_err(Into::into),
            Self::Tcp { connector, .. } => connector.poll_ready(cx).map_err(Into::into),
        }
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        match self {
            Self::Simulated(connector) => {
                let connecting = connector.call(uri);
                Box::pin(async { Ok(TokioIo::new(Conversation::Simulated(connecting.await?.into_inner()))) })
            }
            Self::Tcp { connector, read_timeout } => {
                let (connecting, silence) = (connector.call(uri), read_timeout.map(Silence::new));
                Box::pin(async {
                    let stream = connecting.await?.into_inner();
                    Ok(TokioIo::new(Conversation::Tcp { stream, silence }))
                })
            }
        }
    }
}

impl AsyncRead for Conversation {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Simulated(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tcp { stream, silence } => match (Pin::new(stream).poll_read(cx, buffer), silence) {
                (Poll::Pending, Some(silence)) => silence.poll_over(cx).map(|()| Err(Silence::error())),
                (Poll::Ready(result), Some(silence)) => {
                    silence.broken();
                    Poll::Ready(result)
                }
                (poll, None) => poll,
            },
        }
    }
}

impl AsyncWrite for Conversation {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Simulated(stream) => Pin::new(stream).poll_write(cx, data),
            Self::Tcp { stream, .. } => Pin::new(stream).poll_write(cx, data),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Simulated(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tcp { stream, .. } => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Simulated(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tcp { stream, .. } => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

impl Connection for Conversation {
    fn connected(&self) -> Connected {
        match self {
            Self::Simulated(stream) => stream.connected(),
            Self::Tcp { stream, .. } => stream.connected(),
        }
    }
}
