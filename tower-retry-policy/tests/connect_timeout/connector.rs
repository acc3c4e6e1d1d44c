//! A connector without sockets: each connection is made after a wait, and what serves it answers after another.

use http::{Method, Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::{Bytes, Incoming},
    rt::{Read, ReadBufCursor, Write},
    service::service_fn,
};
use hyper_util::{
    client::legacy::connect::{Connected, Connection},
    rt::{TokioExecutor, TokioIo},
};
use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{io::DuplexStream, time::sleep};
use tower::Service;

/// How long each connection takes, and then each answer; `None` is for ever. The last ones come again.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    waits: Arc<Mutex<VecDeque<Option<Duration>>>>,
    answer: Option<Duration>,
    http2: bool,
    log: Log,
}

/// What was asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    connects: Arc<Mutex<usize>>,
    requests: Arc<Mutex<Vec<(Method, Bytes)>>>,
}

pub(crate) struct Pipe(TokioIo<DuplexStream>);

impl Connector {
    pub(crate) fn new(waits: impl IntoIterator<Item = Option<Duration>>) -> Self {
        let waits = Arc::new(Mutex::new(waits.into_iter().collect()));
        Self { waits, answer: Some(Duration::ZERO), http2: false, log: Log::default() }
    }

    pub(crate) fn answering_after(self, answer: Option<Duration>) -> Self {
        Self { answer, ..self }
    }

    pub(crate) fn http2(self, http2: bool) -> Self {
        Self { http2, ..self }
    }

    pub(crate) fn log(&self) -> Log {
        self.log.clone()
    }

    async fn connect(self) -> io::Result<Pipe> {
        *self.log.connects.lock().unwrap() += 1;
        let wait = {
            let mut waits = self.waits.lock().unwrap();
            let next = waits.pop_front().unwrap();
            if waits.is_empty() {
                waits.push_back(next);
            }
            next
        };
        after(wait).await;
        let (near, far) = tokio::io::duplex(64 * 1024);
        tokio::spawn(self.serve(far));
        Ok(Pipe(TokioIo::new(near)))
    }

    async fn serve(self, connection: DuplexStream) {
        let http2 = self.http2;
        let service = service_fn(move |request| self.clone().answer(request));
        let io = TokioIo::new(connection);
        // a connection that the client drops ends with an error
        let _ = if http2 {
            hyper::server::conn::http2::Builder::new(TokioExecutor::new()).serve_connection(io, service).await
        } else {
            hyper::server::conn::http1::Builder::new().serve_connection(io, service).await
        };
    }

    async fn answer(self, request: Request<Incoming>) -> hyper::Result<Response<Full<Bytes>>> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        self.log.requests.lock().unwrap().push((head.method, body));
        after(self.answer).await;
        Ok(Response::new(Full::default()))
    }
}

async fn after(wait: Option<Duration>) {
    match wait {
        None => std::future::pending().await,
        Some(Duration::ZERO) => {}
        Some(wait) => sleep(wait).await,
    }
}

impl Log {
    pub(crate) fn connects(&self) -> usize {
        *self.connects.lock().unwrap()
    }

    pub(crate) fn requests(&self) -> Vec<(Method, Bytes)> {
        self.requests.lock().unwrap().clone()
    }
}

impl Service<Uri> for Connector {
    type Response = Pipe;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Pipe>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        Box::pin(self.clone().connect())
    }
}

impl Connection for Pipe {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl Write for Pipe {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
