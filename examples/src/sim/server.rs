//! The server: hyper's, on the simulated host, and now and then a liar.

use crate::sim::{
    document::document,
    network::Network,
    random::{Purpose, Random},
};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};

/// Where the document is.
pub const URL: &str = "http://10.0.0.2/test.json";
pub(crate) const PATH: &str = "/test.json";
pub(crate) const PORT: u16 = 80;

/// What the server answers, and how often it lies.
#[derive(Debug)]
pub struct Server {
    document: Bytes,
    lies: f64,
    random: Mutex<Random>,
}

/// The server with its protocol.
struct Serving {
    server: Arc<Server>,
    http: http1::Builder,
}

/// One answer of the server.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Truth,
    /// 200 with an empty body.
    Empty,
    /// The document cut short at this byte, behind a Content-Length that matches.
    Cut(usize),
}

impl Server {
    /// A server of a document of so many bytes that lies in this share of its responses (0..1), drawn from a
    /// stream of its own.
    #[must_use]
    pub fn new(seed: u64, size: usize, lies: f64) -> Self {
        Self { document: document(seed, size), lies, random: Mutex::new(Random::new(seed, Purpose::Lies)) }
    }

    /// Accepts and serves connections for as long as the run lasts.
    pub fn start(self, network: &Network) {
        let mut listener = network.listen(PORT);
        let serving = self.serving(network.knobs().keep_alive);
        tokio::spawn(async move {
            while let Ok(stream) = listener.accept().await {
                serving.serve(stream);
            }
        });
    }

    /// The same over this machine's TCP.
    pub fn start_over_tcp(self, listener: TcpListener, keep_alive: Duration) {
        let serving = self.serving(keep_alive);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // As nginx does. Where it cannot be set, the connection has broken already.
                let _ = stream.set_nodelay(true);
                serving.serve(stream);
            }
        });
    }

    fn serving(self, keep_alive: Duration) -> Serving {
        let mut http = http1::Builder::new();
        // No Date from the wall clock: the same seed gives the same bytes. The timeout also bounds the wait for
        // the next request, which makes it nginx's keep-alive.
        http.timer(TokioTimer::new()).auto_date_header(false).header_read_timeout(keep_alive);
        // In the lab head and body are two writes, as nginx makes them, and so the head is a packet of its own.
        http.writev(true);
        Serving { server: Arc::new(self), http }
    }

    fn respond(&self, method: &Method, path: &str) -> Response<Full<Bytes>> {
        let (status, body) = match (path, method) {
            (PATH, &Method::GET | &Method::HEAD) => (StatusCode::OK, self.body()),
            (PATH, _) => (StatusCode::METHOD_NOT_ALLOWED, Bytes::new()),
            _ => (StatusCode::NOT_FOUND, Bytes::new()),
        };
        let mut response = Response::new(Full::new(body));
        *response.status_mut() = status;
        if status == StatusCode::OK {
            response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        }
        response
    }

    fn body(&self) -> Bytes {
        match self.answer() {
            Answer::Truth => self.document.clone(),
            Answer::Empty => Bytes::new(),
            Answer::Cut(length) => self.document.slice(..length),
        }
    }

    fn answer(&self) -> Answer {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        if !random.chance(self.lies) {
            Answer::Truth
        } else if random.chance(0.5) {
            Answer::Empty
        } else {
            // An array without its closing bracket is no JSON, wherever the cut is.
            let end = self.document.len().saturating_sub(2) as u64;
            Answer::Cut(1 + random.below(end) as usize)
        }
    }
}

impl Serving {
    fn serve(&self, stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) {
        let server = Arc::clone(&self.server);
        let service = service_fn(move |request: Request<Incoming>| {
            let response = server.respond(request.method(), request.uri().path());
            async { Ok::<_, Infallible>(response) }
        });
        let connection = self.http.serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async {
            // A broken connection is the client's to notice.
            let _ = connection.await;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::document::SIZE;

    #[test]
    fn the_truth_is_the_default_and_all_lies_are_possible() {
        let honest = Server::new(1, SIZE, 0.0);
        assert!((0..10_000).all(|_| honest.answer() == Answer::Truth));
        let liar = Server::new(1, SIZE, 1.0);
        assert!((0..10_000).all(|_| liar.answer() != Answer::Truth));
    }

    #[test]
    fn half_of_the_lies_are_empty_and_half_are_cut_short() {
        let server = Server::new(5, SIZE, 0.2);
        let (mut empty, mut cut) = (0, 0);
        for _ in 0..100_000 {
            match server.answer() {
                Answer::Truth => {}
                Answer::Empty => empty += 1,
                Answer::Cut(length) => {
                    assert!((1..server.document.len()).contains(&length));
                    cut += 1;
                }
            }
        }
        assert!((9_500..10_500).contains(&empty), "{empty} empty");
        assert!((9_500..10_500).contains(&cut), "{cut} cut short");
    }

    #[test]
    fn a_document_cut_short_is_no_json() {
        let server = Server::new(5, SIZE, 1.0);
        for _ in 0..200 {
            if let Answer::Cut(length) = server.answer() {
                assert!(serde_json::from_slice::<serde_json::Value>(&server.document[..length]).is_err());
            }
        }
    }

    #[test]
    fn other_paths_and_methods_are_refused() {
        let server = Server::new(1, SIZE, 0.0);
        for (method, path, status) in [
            (Method::GET, PATH, 200),
            (Method::HEAD, PATH, 200),
            (Method::POST, PATH, 405),
            (Method::GET, "/", 404),
        ] {
            assert_eq!(server.respond(&method, path).status(), status, "{method} {path}");
        }
    }
}
