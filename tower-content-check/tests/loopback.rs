//! A real client over real connections: what a cut body looks like there, and which connections are used again.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may end that way")]
#![cfg(feature = "json")]

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{Empty, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tower::{Layer, Service, ServiceExt};
use tower_content_check::{BoxError, ContentCheckError, ContentCheckLayer, check::NotEmpty};

type HttpClient = Client<HttpConnector, Empty<Bytes>>;

fn client() -> HttpClient {
    Client::builder(TokioExecutor::new()).build_http()
}

fn request(method: Method, address: SocketAddr) -> Request<Empty<Bytes>> {
    Request::builder().method(method).uri(format!("http://{address}/")).body(Empty::new()).unwrap()
}

/// Reads a request head; these have no body.
async fn read_head(stream: &mut TcpStream) -> bool {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return false,
        }
    }
    true
}

/// A server that answers the n-th request of all with the n-th answer, each to the byte, and counts connections. A
/// connection is closed when its answer says so.
async fn serve(answers: Vec<(Vec<u8>, bool)>) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    let answers = Arc::new(answers);
    let next = Arc::new(AtomicUsize::new(0));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let (answers, next) = (answers.clone(), next.clone());
            tokio::spawn(async move {
                while read_head(&mut stream).await {
                    let (answer, close) = &answers[next.fetch_add(1, Ordering::SeqCst)];
                    if stream.write_all(answer).await.is_err() || *close {
                        return;
                    }
                }
            });
        }
    });
    (address, connections)
}

#[tokio::test]
async fn each_fault_of_the_wire_is_an_error_of_the_attempt() {
    let cases: &[(&str, bool, &str)] = &[
        ("content-length: 20\r\n\r\n[1,", true, "body cut at 3 of 20 bytes"),
        ("transfer-encoding: chunked\r\n\r\n3\r\n[1]\r\n", true, "body cut at 3 bytes"),
        ("transfer-encoding: chunked\r\n\r\n9\r\n[1]", true, "body cut at 3 bytes"),
        ("\r\n[1,", false, "content rejected: content is not JSON"),
        ("content-length: 0\r\n\r\n", false, "content rejected: body is empty"),
    ];
    for method in [Method::GET, Method::POST] {
        for (answer, is_body, message) in cases {
            let answer = format!("HTTP/1.1 200 OK\r\n{answer}");
            let (address, _) = serve(vec![(answer.clone().into_bytes(), true)]).await;
            let service = ContentCheckLayer::json().layer(client());
            let error = service.oneshot(request(method.clone(), address)).await.unwrap_err();
            let error = error.downcast::<ContentCheckError>().unwrap();
            assert_eq!((error.to_string().as_str(), error.is_body()), (*message, *is_body), "{answer}");
            if *is_body {
                let source = std::error::Error::source(&error).unwrap();
                assert!(source.is::<hyper::Error>(), "{answer}: {source:?}");
            }
        }
    }
}

/// Two calls one after the other, the response of the first dropped as a retry drops it, with time for the connection
/// to come home but none that passes on a clock.
async fn connections_of_two_calls<S, B>(mut service: S, first: Vec<u8>) -> usize
where
    S: Service<Request<Empty<Bytes>>, Response = Response<B>, Error: Into<BoxError>>,
    B: Body,
{
    let second = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]".to_vec();
    let (address, connections) = serve(vec![(first, false), (second, false)]).await;
    let response =
        service.ready().await.map_err(Into::into).unwrap().call(request(Method::GET, address)).await;
    assert_eq!(response.map_err(Into::into).unwrap().status(), 503);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let response =
        service.ready().await.map_err(Into::into).unwrap().call(request(Method::GET, address)).await;
    assert_eq!(response.map_err(Into::into).unwrap().status(), 200);
    connections.load(Ordering::SeqCst)
}

fn busy(len: usize, chunked: bool) -> Vec<u8> {
    let body = "x".repeat(len);
    if chunked {
        let chunk = if len == 0 { String::new() } else { format!("{len:x}\r\n{body}\r\n") };
        format!("HTTP/1.1 503 Busy\r\ntransfer-encoding: chunked\r\n\r\n{chunk}0\r\n\r\n").into_bytes()
    } else {
        format!("HTTP/1.1 503 Busy\r\ncontent-length: {len}\r\n\r\n{body}").into_bytes()
    }
}

/// A server of hyper that answers every second request, counted over all connections, with `len` bytes under 503, and
/// the others with 200. Counts its connections.
async fn serve_by_hyper(len: usize, chunked: bool) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (connections, requests) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = connections.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let requests = requests.clone();
            let answer = hyper::service::service_fn(move |_: Request<hyper::body::Incoming>| {
                let busy = requests.fetch_add(1, Ordering::SeqCst) % 2 == 0;
                let content = if busy { vec![b'x'; len] } else { b"[]".to_vec() };
                let mut response = Response::new(Full::new(Bytes::from(content)));
                *response.status_mut() = if busy { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
                if chunked {
                    response.headers_mut().insert("transfer-encoding", HeaderValue::from_static("chunked"));
                }
                async { Ok::<_, Infallible>(response) }
            });
            tokio::spawn(
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer),
            );
        }
    });
    (address, connections)
}

#[tokio::test]
async fn with_a_server_of_hyper_the_connection_of_a_503_serves_the_next_attempt() {
    // bytes of the 503s, whether they are read, connections of six requests: one, or a new one behind each 503
    let cases = [
        (0, true, 1),
        (100, true, 1),
        (20_000, true, 1),
        (64 * 1024, true, 1),
        (1_000_000, true, 4),
        (64 * 1024, false, 4),
    ];
    for chunked in [false, true] {
        for (len, drains, expected) in cases {
            let (address, connections) = serve_by_hyper(len, chunked).await;
            let layer = ContentCheckLayer::new(NotEmpty);
            let mut service = if drains { layer } else { layer.drain_bytes(0) }.layer(client());
            for attempt in 0..6 {
                let response = service.ready().await.unwrap().call(request(Method::GET, address)).await;
                assert_eq!(response.unwrap().status(), if attempt % 2 == 0 { 503 } else { 200 });
                for _ in 0..100 {
                    tokio::task::yield_now().await;
                }
            }
            assert_eq!(connections.load(Ordering::SeqCst), expected, "{len} bytes, chunked: {chunked}");
        }
    }
}

#[tokio::test]
async fn the_connection_of_a_503_serves_the_next_attempt() {
    for chunked in [false, true] {
        for len in [0, 100, 20_000, 64 * 1024] {
            let service = ContentCheckLayer::new(NotEmpty).layer(client());
            assert_eq!(connections_of_two_calls(service, busy(len, chunked)).await, 1, "{len} {chunked}");
        }
        // A longer one is not waited for.
        let service = ContentCheckLayer::new(NotEmpty).layer(client());
        assert_eq!(connections_of_two_calls(service, busy(1_000_000, chunked)).await, 2, "{chunked}");
    }
    // And it is the draining that does it.
    let service = ContentCheckLayer::new(NotEmpty).drain_bytes(0).layer(client());
    assert_eq!(connections_of_two_calls(service, busy(64 * 1024, false)).await, 2);
    assert_eq!(connections_of_two_calls(client(), busy(64 * 1024, false)).await, 2);
}
