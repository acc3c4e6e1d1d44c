//! The client's end: how hyper-util's client gets its connections.

use super::{
    Network, SERVER,
    host::Name,
    shared::{Shared, Side},
    stream::Stream,
};
use crate::sim::port;
use http::{Uri, uri::Scheme};
use hyper_util::rt::TokioIo;
use smoltcp::wire::Ipv4Address;
use std::{
    future::{Future, poll_fn},
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{sleep, timeout};
use tower_service::Service;

/// Connects from the client's host.
///
/// A client that makes its own connections calls it as the service it is; hyper-util's is built over it. Every host name is
/// the server's, whose address is `10.0.0.2`. At another address of IPv4 there is nobody, and no answer; IPv6 is
/// `InvalidInput`.
///
/// Errors are [`io::Error`]s: `ConnectionRefused`, `TimedOut` (after the operating system's limit, or the
/// connector's own if that is shorter), `HostUnreachable` where the network is off.
#[derive(Debug, Clone)]
pub struct Connector {
    network: Network,
    connect_timeout: Option<Duration>,
    read_timeout: Option<Duration>,
}

/// A connection attempt; dropped before its end, it leaves nothing behind.
struct Attempt {
    shared: Arc<Shared>,
    name: Option<Name>,
}

impl Connector {
    /// A connector with the operating system's limits only.
    #[must_use]
    pub fn new(network: Network) -> Self {
        Self { network, connect_timeout: None, read_timeout: None }
    }

    /// A limit on the connection's set-up, below the operating system's.
    #[must_use]
    pub fn with_connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = Some(limit);
        self
    }

    /// A limit on the time without a byte on a connection, as the socket option has it.
    #[must_use]
    pub fn with_read_timeout(mut self, limit: Duration) -> Self {
        self.read_timeout = Some(limit);
        self
    }

    async fn connect(self, uri: Uri) -> io::Result<TokioIo<Stream>> {
        let server = address(&uri)?;
        let system = self.network.knobs().connect_give_up;
        let limit = self.connect_timeout.map_or(system, |limit| limit.min(system));
        let stream = timeout(limit, self.network.connect(server))
            .await
            .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "connection not set up in time"))??;
        Ok(TokioIo::new(stream.with_read_timeout(self.read_timeout)))
    }
}

impl Network {
    async fn connect(&self, server: (Ipv4Address, u16)) -> io::Result<Stream> {
        self.account().connects();
        if self.is_off() {
            sleep(self.knobs().unreachable_after).await;
            return Err(io::Error::new(io::ErrorKind::HostUnreachable, "no route to host"));
        }
        let shared = self.shared();
        let name = shared.connect(server)?;
        let mut attempt = Attempt { shared: Arc::clone(shared), name: Some(name) };
        poll_fn(|cx| shared.hosts().client.poll_connected(name, cx)).await?;
        attempt.name = None;
        Ok(Stream::new(Arc::clone(shared), Side::Client, name))
    }
}

/// Where a URI leads: every name is the server's.
fn address(uri: &Uri) -> io::Result<(Ipv4Address, u16)> {
    let invalid = |problem: &str| io::Error::new(io::ErrorKind::InvalidInput, problem);
    let authority = uri.authority().ok_or_else(|| invalid("a URI without a host"))?;
    let host = match authority.host() {
        "" => return Err(invalid("a URI without a host")),
        address if address.starts_with('[') => return Err(invalid("the simulated network has no IPv6")),
        host => host.parse().unwrap_or(SERVER),
    };
    // Whoever speaks TLS does it over this connection.
    let default = if uri.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 };
    let port = port(authority).map_err(|problem| invalid(&problem))?;
    Ok((host, port.unwrap_or(default)))
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<TokioIo<Stream>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if let Some(name) = self.name.take() {
            self.shared.abandon(name);
        }
    }
}
