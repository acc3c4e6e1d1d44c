//! A server that misbehaves, for the other programs: what it does wrong is the first part of the path.
//!
//! ```text
//! cargo run --release --example misbehaving_server                                  # here
//! cargo run --release --example hyper_client -- http://127.0.0.1:8080/busy          # in another terminal
//! ```
//!
//! A trouble happens to every other request for the same path, the first included, so that the attempt after it finds
//! a server that is well again. It forgets everything when it ends.
//!
//! | path | what happens |
//! |---|---|
//! | `/good` | nothing, ever |
//! | `/busy` | 503 with `Retry-After: 1` |
//! | `/silent` | the head never comes |
//! | `/stalls` | the body falls silent half-way |
//! | `/cut` | the body breaks off half-way |
//! | `/empty` | 200 and nothing in it |
//! | `/page` | 200, said to be JSON, and an error page |
//! | `/down` | 503, every time |
//! | `/restart` | all connections are lost, and new ones are refused for a second |
//! | `/lost` | what was asked for is done, and the connection breaks before the answer |
//! | `/moved` | 302, to `/packed`, every time |
//! | `/packed` | gzip that does not unpack |
//! | `/file` | 200 kB that break off every 64 KiB, every time; a request for the rest is answered (`file.rs`) |
//!
//! To a `GET` it answers with a forecast, to a `POST` with the number of orders it has had. A path may go on after its
//! trouble: `/busy/a` and `/busy/b` are counted apart. Its gRPC methods are in `grpc.rs`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks to its user")]

mod file;
mod grpc;

use bytes::Bytes;
use clap::Parser;
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Channel, Full, combinators::UnsyncBoxBody};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use std::{
    collections::{HashMap, HashSet},
    future::pending,
    io::{self, Write},
    net::SocketAddr,
    process::ExitCode,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinSet,
    time::sleep,
};
use tower::BoxError;

/// A server that misbehaves, for the other programs.
#[derive(Parser)]
struct Arguments {
    /// Where to listen; port 0 takes a free one
    #[arg(default_value = "127.0.0.1:8080")]
    address: SocketAddr,
}

type Body = UnsyncBoxBody<Bytes, BoxError>;

#[derive(Default)]
struct Server {
    /// How often each path was asked for.
    requests: Mutex<HashMap<String, u32>>,
    orders: Mutex<Orders>,
    restart: Notify,
}

/// What the `POST`s have bought. One with an `Idempotency-Key` that was here before buys nothing more.
#[derive(Default)]
struct Orders {
    count: u32,
    keys: HashSet<Vec<u8>>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { address } = Arguments::parse();
    match listen(address).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: cannot listen on {address}: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn listen(address: SocketAddr) -> io::Result<()> {
    let mut listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    let server = Arc::new(Server::default());
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((connection, _)) => {
                    connections.spawn(serve(Arc::clone(&server), connection));
                }
                // a client that has left, or no descriptors: a connection has to end before there are any
                Err(_) => sleep(Duration::from_millis(100)).await,
            },
            Some(_) = connections.join_next() => {} // one has ended
            () = server.restart.notified() => {
                drop(listener);
                connections.abort_all();
                sleep(Duration::from_secs(1)).await;
                listener = TcpListener::bind(address).await?;
            }
        }
    }
}

async fn serve(server: Arc<Server>, connection: TcpStream) {
    let answers = service_fn(|request| Arc::clone(&server).answer(request));
    // an error is a trouble that was asked for, or a client that has left
    let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(connection), answers).await;
}

impl Server {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Body>, BoxError> {
        let (head, body) = request.into_parts();
        body.collect().await?;
        let troubled = self.is_troubled(head.uri.path());
        let mut path = head.uri.path().split('/').skip(1);
        let trouble = path.next().unwrap_or_default();
        if head.headers.get(header::CONTENT_TYPE) == Some(&grpc::MEDIA_TYPE) {
            return Ok(grpc::answer(path.next().unwrap_or_default(), troubled));
        }
        let document = if head.method == Method::POST {
            self.order(&head.headers)
        } else {
            r#"{"city": "Praha", "celsius": 21}"#.to_owned()
        };
        match trouble {
            "down" => Ok(unavailable(None)),
            "file" => file::answer(&head.headers),
            "moved" => Ok(moved("/packed")),
            "packed" => packed(&document, troubled),
            "good" | "busy" | "silent" | "stalls" | "cut" | "empty" | "page" | "restart" | "lost"
                if !troubled || trouble == "good" =>
            {
                Ok(json(document))
            }
            "busy" => Ok(unavailable(Some(1))),
            "silent" => pending().await,
            "stalls" => Ok(unfinished(&document, true)),
            "cut" => Ok(unfinished(&document, false)),
            "empty" => Ok(json("")),
            "page" => Ok(json("<html><body>Please log in</body></html>")),
            // hyper closes the connection when the service fails
            "restart" => {
                self.restart.notify_one();
                Err("restarting".into())
            }
            "lost" => Err("the answer is lost".into()),
            _ => Ok(with_status(StatusCode::NOT_FOUND, json(r#"{"error": "no such trouble"}"#))),
        }
    }

    /// Every other request, the first included.
    #[expect(clippy::unwrap_used, reason = "nobody panics while holding the lock")]
    fn is_troubled(&self, path: &str) -> bool {
        let mut requests = self.requests.lock().unwrap();
        let count = requests.entry(path.to_owned()).or_default();
        *count += 1;
        *count % 2 == 1
    }

    #[expect(clippy::unwrap_used, reason = "nobody panics while holding the lock")]
    fn order(&self, headers: &HeaderMap) -> String {
        let mut orders = self.orders.lock().unwrap();
        let is_new = match headers.get("idempotency-key") {
            Some(key) => orders.keys.insert(key.as_bytes().to_vec()),
            None => true,
        };
        orders.count += u32::from(is_new);
        format!(r#"{{"orders so far": {}}}"#, orders.count)
    }
}

fn json(content: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Full::new(content.into()).map_err(Into::into).boxed_unsync());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn with_status(status: StatusCode, mut response: Response<Body>) -> Response<Body> {
    *response.status_mut() = status;
    response
}

fn unavailable(retry_after: Option<u32>) -> Response<Body> {
    let mut response = with_status(StatusCode::SERVICE_UNAVAILABLE, json(r#"{"error": "busy"}"#));
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

fn moved(location: &'static str) -> Response<Body> {
    let mut response = with_status(StatusCode::FOUND, json(""));
    response.headers_mut().insert(header::LOCATION, HeaderValue::from_static(location));
    response
}

/// Half of the content that was declared, and then silence or the end of the connection.
fn unfinished(document: &str, silent: bool) -> Response<Body> {
    let (mut sender, body) = Channel::<Bytes, BoxError>::new(1);
    let mut response = json("");
    response.headers_mut().insert(header::CONTENT_LENGTH, document.len().into());
    let half = Bytes::copy_from_slice(&document.as_bytes()[..document.len() / 2]);
    tokio::spawn(async move {
        let _ = sender.send_data(half).await;
        // until the client has read it
        sleep(Duration::from_millis(20)).await;
        if silent {
            pending::<()>().await;
        }
        sender.abort("cut".into());
    });
    response.map(|_| body.boxed_unsync())
}

fn packed(document: &str, broken: bool) -> Result<Response<Body>, BoxError> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(document.as_bytes())?;
    let mut content = encoder.finish()?;
    if broken {
        content.truncate(content.len() / 2);
    }
    let mut response = json(content);
    response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    Ok(response)
}
