//! Real clients and servers of hyper, over links in memory that are cut.

use crate::world::{FILE, at_once, range, read};
use bytes::Bytes;
use h2::{Reason, server};
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{Empty, Full};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use proptest::prelude::*;
use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tower::{Layer, Service, ServiceExt};
use tower_content_check::{
    BoxError,
    check::{Digest, Length},
    continuation::{Break, ContinueLayer},
};

/// A client that makes a connection for each request, by this function.
#[derive(Clone)]
struct Client<F> {
    connect: F,
    http2: bool,
}

impl<F> Service<Request<Empty<Bytes>>> for Client<F>
where
    F: FnMut() -> DuplexStream,
{
    type Response = Response<Incoming>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Empty<Bytes>>) -> Self::Future {
        let stream = TokioIo::new((self.connect)());
        let http2 = self.http2;
        Box::pin(async move {
            if http2 {
                let executor = TokioExecutor::new();
                let (mut send, connection) = hyper::client::conn::http2::handshake(executor, stream).await?;
                tokio::spawn(connection);
                return Ok(send.send_request(request).await?);
            }
            request.headers_mut().insert(header::HOST, "test".parse().unwrap());
            let (mut send, connection) = hyper::client::conn::http1::handshake(stream).await?;
            tokio::spawn(connection);
            Ok(send.send_request(request).await?)
        })
    }
}

fn get() -> Request<Empty<Bytes>> {
    Request::get("http://test/file").body(Empty::new()).unwrap()
}

/// How a stream of HTTP/2 ends too early.
#[derive(Clone, Copy, Debug)]
enum Ends {
    Reset(Reason),
    GoAway,
    Gone,
}

/// Answers the first request with four bytes, any other with the rest.
async fn serve_http2(stream: DuplexStream, asked: Arc<Mutex<Vec<Option<String>>>>, ends: Ends, length: bool) {
    let mut connection = server::handshake(stream).await.unwrap();
    let (request, mut respond) = connection.accept().await.unwrap().unwrap();
    let range = request.headers().get(header::RANGE).map(|range| range.to_str().unwrap().to_owned());
    let first = range.is_none();
    asked.lock().unwrap().push(range);
    let mut response = Response::new(());
    let headers = response.headers_mut();
    headers.insert(header::ETAG, "\"v1\"".parse().unwrap());
    if !first {
        headers.insert(header::CONTENT_RANGE, "bytes 4-9/10".parse().unwrap());
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    } else if length {
        headers.insert(header::CONTENT_LENGTH, 10.into());
    }
    let mut stream = respond.send_response(response, false).unwrap();
    let data = if first { &FILE[..4] } else { &FILE[4..] };
    stream.send_data(Bytes::from_static(data.as_bytes()), !first).unwrap();
    // What is queued leaves only while the connection is polled.
    for _ in 0..20 {
        tokio::select! {
            biased;
            _ = connection.accept() => break,
            () = tokio::task::yield_now() => {}
        }
    }
    if first {
        match ends {
            Ends::Reset(reason) => stream.send_reset(reason),
            Ends::GoAway => connection.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM),
            Ends::Gone => return,
        }
    }
    while connection.accept().await.is_some() {}
}

#[tokio::test]
async fn case_50_http2_streams_that_are_reset() {
    for ends in [
        Ends::Reset(Reason::INTERNAL_ERROR),
        Ends::Reset(Reason::NO_ERROR),
        Ends::Reset(Reason::CANCEL),
        Ends::GoAway,
        Ends::Gone,
    ] {
        for length in [true, false] {
            let asked = Arc::new(Mutex::new(Vec::new()));
            let connect = {
                let asked = asked.clone();
                move || {
                    let (client, server) = duplex(1 << 16);
                    tokio::spawn(serve_http2(server, asked.clone(), ends, length));
                    client
                }
            };
            let client = Client { connect, http2: true };
            let response = ContinueLayer::new(at_once(2)).layer(client).oneshot(get()).await.unwrap();
            let whole = read(response.into_body()).await;
            assert_eq!(whole.whole(), FILE, "{ends:?} {length}");
            let again = if length { range(4) } else { Some("bytes=4-".to_owned()) };
            assert_eq!(*asked.lock().unwrap(), [None, again], "{ends:?} {length}");
        }
    }
}

/// Answers as a file server does.
fn file_server(file: &Bytes, request: &HeaderMap, chunked: bool) -> Response<Full<Bytes>> {
    let first = request.get(header::RANGE).map(|range| {
        let range = range.to_str().unwrap().strip_prefix("bytes=").unwrap();
        range.split_once('-').unwrap().0.parse::<usize>().unwrap()
    });
    let (status, content, range) = match first {
        None => (200, file.clone(), None),
        Some(first) if first >= file.len() => (416, Bytes::new(), Some(format!("bytes */{}", file.len()))),
        Some(first) => {
            let range = format!("bytes {first}-{}/{}", file.len() - 1, file.len());
            (206, file.slice(first..), Some(range))
        }
    };
    let mut response = Response::new(Full::new(content));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    let headers = response.headers_mut();
    headers.insert(header::ETAG, "\"v1\"".parse().unwrap());
    if let Some(range) = range {
        headers.insert(header::CONTENT_RANGE, range.parse().unwrap());
    }
    if chunked && status == 200 {
        headers.insert(header::TRANSFER_ENCODING, "chunked".parse().unwrap());
    }
    response
}

/// Hands on `bytes` of what the server sends, then the link is dead.
async fn link(client: DuplexStream, server: DuplexStream, bytes: usize, sent: Arc<AtomicUsize>) {
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let up = tokio::io::copy(&mut from_client, &mut to_server);
    let down = async {
        let mut left = bytes;
        let mut buffer = [0; 2048];
        while left > 0 {
            let room = left.min(buffer.len());
            let Ok(read @ 1..) = from_server.read(&mut buffer[..room]).await else { return };
            left -= read;
            sent.fetch_add(read, Ordering::SeqCst);
            if to_client.write_all(&buffer[..read]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        _ = up => {}
        () = down => {}
    }
}

/// How much each connection carries; the last one carries all. Gives the bytes that were sent.
async fn download(file: &Bytes, links: Vec<usize>, chunked: bool, continues: bool) -> (Option<Bytes>, usize) {
    let sent = Arc::new(AtomicUsize::new(0));
    let links = Arc::new(Mutex::new(links.into_iter()));
    let connect = {
        let (file, sent) = (file.clone(), sent.clone());
        move || {
            let (client, near) = duplex(4096);
            let (far, server) = duplex(4096);
            let bytes = links.lock().unwrap().next().unwrap_or(usize::MAX);
            tokio::spawn(link(near, far, bytes, sent.clone()));
            let file = file.clone();
            let answer = hyper::service::service_fn(move |request: Request<Incoming>| {
                let response = file_server(&file, request.headers(), chunked);
                async { Ok::<_, Infallible>(response) }
            });
            tokio::spawn(
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(server), answer),
            );
            client
        }
    };
    let policy = |_: &Break<'_>| Some(std::future::ready(()));
    let layer = ContinueLayer::new(policy).check((Length::new(), Digest::new()));
    let client = Client { connect, http2: false };
    // a retry below, for heads that do not come, and for bodies if nobody continues them
    let retried = tower::service_fn(move |request: Request<Empty<Bytes>>| {
        let mut client = client.clone();
        async move {
            loop {
                if let Ok(response) = client.ready().await?.call(request.clone()).await {
                    return Ok::<_, BoxError>(response);
                }
            }
        }
    });
    let mut got = None;
    while got.is_none() {
        let collected = match continues {
            true => {
                let response = layer.layer(retried.clone()).oneshot(get()).await.unwrap();
                http_body_util::BodyExt::collect(response.into_body()).await.ok()
            }
            false => {
                let response = retried.clone().oneshot(get()).await.unwrap();
                http_body_util::BodyExt::collect(response.into_body()).await.ok()
            }
        };
        got = collected.map(http_body_util::Collected::to_bytes);
        if continues {
            break;
        }
    }
    (got, sent.load(Ordering::SeqCst))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn case_55_a_real_client_and_server_over_a_link_that_dies(
        length in 1_usize..60_000,
        links in prop::collection::vec(0_usize..20_000, 0..8),
        chunked: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let file: Bytes = (0..length).map(|at| (at % 251) as u8 ^ (at / 251) as u8).collect();
            let (got, sent) = download(&file, links.clone(), chunked, true).await;
            assert!(got.unwrap() == file, "{length} {links:?}");
            // A head is some hundred bytes.
            let heads = 400 * (links.len() + 1);
            let cut: usize = links.iter().map(|bytes| (*bytes).min(2048 + 8192)).sum();
            assert!(sent <= length + heads + cut, "{sent} for {length}");
            if links.iter().any(|bytes| *bytes > 1000) {
                let (whole, over) = download(&file, links.clone(), chunked, false).await;
                assert!(whole.unwrap() == file);
                assert!(sent <= over + heads, "{sent} continued, {over} from the beginning");
            }
        });
    }
}
