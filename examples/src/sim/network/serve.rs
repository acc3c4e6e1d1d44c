//! Any HTTP service on the simulated server.

use super::{Network, account::Account, stream::Stream};
use bytes::Buf;
use http::{Request, Response};
use http_body::Body;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::sync::Arc;
use tokio::task::{JoinError, JoinSet};
use tower::{BoxError, ServiceExt};
use tower_service::Service;

impl Network {
    /// Serves HTTP/1 on this port of the server for as long as the run lasts: an axum `Router`, or any other Tower service
    /// that can be cloned.
    ///
    /// There is no `Date` in the answers, unless the service sets one, because it would be the wall clock's. Connections
    /// are kept for as long as [`Knobs::keep_alive`](super::Knobs::keep_alive) says. A panic of the service breaks its
    /// connection, and [`Simulation::run`](crate::sim::Simulation::run) passes it on in the end. For another protocol, or
    /// for a server with settings of its own, serve the connections of [`listen`](Self::listen).
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use network_lab::sim::Simulation;
    ///
    /// let run = Simulation::new(1).run(|network| async move {
    ///     network.serve(80, Router::new().route("/", get(|| async { "hello" })));
    /// })?;
    /// assert_eq!(run.traffic.connections, 0);
    /// # Ok::<(), network_lab::sim::SimulationError>(())
    /// ```
    ///
    /// # Panics
    /// If the server listens already, or outside of a tokio runtime.
    pub fn serve<S, B>(&self, port: u16, service: S)
    where
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Into<BoxError>,
        B: Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    {
        let mut listener = self.listen(port);
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).auto_date_header(false).header_read_timeout(self.knobs().keep_alive);
        let account = Arc::clone(self.account());
        tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    biased;
                    Some(ended) = connections.join_next() => account.ended(ended),
                    stream = listener.accept() => match stream {
                        Ok(stream) => { connections.spawn(connection(http.clone(), stream, service.clone())); }
                        Err(_) => break,
                    },
                }
            }
        });
    }
}

async fn connection<S, B>(http: http1::Builder, stream: Stream, service: S)
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: Body<Error: Into<BoxError>> + Send + 'static,
{
    let each = service_fn(move |request| service.clone().oneshot(request));
    // A broken connection is the client's to notice.
    let _ = http.serve_connection(TokioIo::new(stream), each).await;
}

impl Account {
    fn ended(&self, ended: Result<(), JoinError>) {
        if let Err(error) = ended
            && let Ok(payload) = error.try_into_panic()
        {
            self.panicked(payload);
        }
    }
}
