//! The client that the stages build on: hyper-util's, over the simulated network or the real one, with counters.

use crate::sim::{
    network::{Connector, Network},
    transport::Transport,
};
use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::{
    client::legacy,
    rt::{TokioExecutor, TokioTimer},
};
use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};
use tower::BoxError;
use tower_service::Service;

/// An HTTP client as the talk's: a new connection for every request, and no retries of its own.
///
/// Clones share their counters.
#[derive(Debug, Clone)]
pub struct Client {
    inner: legacy::Client<Counted, Full<Bytes>>,
    connector: Counted,
    counters: Arc<Counters>,
    seed: u64,
}

/// What one call has cost so far.
#[derive(Debug, Default)]
pub struct Counters {
    requests: AtomicU64,
    connections: AtomicU64,
}

/// A connector that counts the attempts.
#[derive(Debug, Clone)]
struct Counted {
    inner: Transport,
    counters: Arc<Counters>,
}

/// Future of [`Client`].
#[derive(Debug)]
pub struct ResponseFuture {
    inner: legacy::ResponseFuture,
}

impl Client {
    /// A client for one call, with counters of its own; `seed` is for the call's policies.
    #[must_use]
    pub fn new(network: Network, seed: u64) -> Self {
        Self::over(Transport::simulated(Connector::new(network)), seed)
    }

    /// A client for one call to a server of the real network: `http` only.
    #[must_use]
    pub fn over_tcp(seed: u64) -> Self {
        Self::over(Transport::tcp(), seed)
    }

    fn over(inner: Transport, seed: u64) -> Self {
        Self::build(Counted { inner, counters: Arc::new(Counters::default()) }, seed)
    }

    fn build(connector: Counted, seed: u64) -> Self {
        let inner = legacy::Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            // A new connection per request, as the talk's functions make it.
            .pool_max_idle_per_host(0)
            // No hidden retry: what is retried is the stage's business.
            .retry_canceled_requests(false)
            .build(connector.clone());
        Self { inner, counters: Arc::clone(&connector.counters), connector, seed }
    }

    /// Limits the set-up of each connection; without it the operating system's limit holds (127 s).
    #[must_use]
    pub fn with_connect_timeout(self, limit: Duration) -> Self {
        let inner = self.connector.inner.with_connect_timeout(limit);
        Self::build(Counted { inner, ..self.connector }, self.seed)
    }

    /// Limits the time without a byte on each connection, as a socket's receive timeout; no limit without it.
    #[must_use]
    pub fn with_read_timeout(self, limit: Duration) -> Self {
        let inner = self.connector.inner.with_read_timeout(limit);
        Self::build(Counted { inner, ..self.connector }, self.seed)
    }

    /// What this call has cost so far.
    #[must_use]
    pub fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// A seed for the call's own randomness (jitter), so that the run stays reproducible.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }
}

impl Counters {
    /// Requests handed to the client: attempts, the first included, with those that never got a connection.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Connection attempts started.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Service<Request<Full<Bytes>>> for Client {
    type Response = Response<Incoming>;
    type Error = BoxError;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> ResponseFuture {
        self.counters.requests.fetch_add(1, Ordering::Relaxed);
        ResponseFuture { inner: self.inner.call(request) }
    }
}

impl Service<Uri> for Counted {
    type Response = <Transport as Service<Uri>>::Response;
    type Error = <Transport as Service<Uri>>::Error;
    type Future = <Transport as Service<Uri>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        self.counters.connections.fetch_add(1, Ordering::Relaxed);
        self.inner.call(uri)
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<Incoming>, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(ready!(Pin::new(&mut self.inner).poll(cx))?))
    }
}
