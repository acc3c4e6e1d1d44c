//! reqwest behind the stack, against a server that misbehaves.

use crate::causes::cause;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::rustls;
use tower::{BoxError, ServiceExt};
use tower_retry_policy::{
    AttemptRecord, Phase, ReplayBody, ReqwestService, RetryError, Standard, StandardLayer,
};

/// A connection for each of these answers, the last one again and again; writes down what it was asked.
async fn server(answers: &'static [&'static str]) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    tokio::spawn(async move {
        for number in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                stream.read_buf(&mut request).await.unwrap();
            }
            log.lock().unwrap().push(String::from_utf8(request).unwrap());
            let answer = answers.get(number).or(answers.last()).unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (address, asked)
}

const GOOD: &str = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\n[1, 2]";
const CUT: &str = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\n[1, ";
const NOTHING: &str = "";
const MOVED: &str =
    "HTTP/1.1 302 Found\r\nlocation: /other\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

fn stack() -> Standard<ReqwestService> {
    StandardLayer::json().service(ReqwestService::build(builder()).unwrap())
}

fn builder() -> reqwest::ClientBuilder {
    // reqwest wants to know how it would speak TLS, even if it never does
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls =
        rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let tls = tls.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth();
    reqwest::Client::builder().no_proxy().tls_backend_preconfigured(tls)
}

fn request(method: &Method, address: SocketAddr) -> Request<Full<Bytes>> {
    Request::builder().method(method).uri(format!("http://{address}/")).body(Full::default()).unwrap()
}

#[tokio::test]
async fn what_is_repeated_is_what_may_be() {
    let table = [
        ("a body that is cut", Method::GET, [CUT, GOOD], 2),
        ("a connection that closes", Method::GET, [NOTHING, GOOD], 2),
        ("a body that is cut", Method::POST, [CUT, GOOD], 1),
        ("a connection that closes", Method::POST, [NOTHING, GOOD], 1),
    ];
    for (what, method, answers, requests) in table {
        let (address, asked) = server(Vec::leak(answers.to_vec())).await;
        let outcome = stack().oneshot(request(&method, address)).await;
        assert_eq!(asked.lock().unwrap().len(), requests, "{method}: {what}");
        match outcome {
            Ok(response) => assert_eq!(response.into_body().into_json::<Vec<u8>>().await.unwrap(), [1, 2]),
            Err(error) => assert_eq!(method, Method::POST, "{what}: {error}"),
        }
    }
}

/// The chain of causes has reqwest's error in it, unbroken.
#[tokio::test]
async fn an_error_of_reqwest_keeps_its_type_and_its_phase() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error: BoxError = stack().oneshot(request(&Method::POST, nobody)).await.map(drop).unwrap_err();
    let last = RetryError::find(&*error).unwrap();
    assert_eq!(last.history().attempts().len(), 3, "what was never sent is sent again, whatever the method");
    assert_eq!(last.history().attempts().last().and_then(AttemptRecord::phase), Some(Phase::Connect));
    assert!(cause(&*error).is_some_and(reqwest::Error::is_connect));
}

#[tokio::test]
async fn a_client_that_was_built_here_follows_no_redirect() {
    let (address, asked) = server(&[MOVED, GOOD]).await;
    let response = stack().oneshot(request(&Method::GET, address)).await.unwrap();
    assert_eq!(response.status(), StatusCode::FOUND);
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_request_that_is_none_of_reqwests_is_an_error() {
    let request = Request::get("/no-host").body(Full::<Bytes>::default()).unwrap();
    let error = stack().oneshot(request).await.map(drop).unwrap_err();
    assert!(cause(&*error).is_some_and(reqwest::Error::is_builder), "{error}");
}

/// A body of known length is announced with it, an empty one of a `GET` not at all.
#[tokio::test]
async fn a_body_is_framed_as_reqwest_frames_its_own() {
    let (address, asked) = server(&[GOOD]).await;
    stack().oneshot(request(&Method::GET, address)).await.unwrap();
    let post = Request::post(format!("http://{address}/")).body(Full::<Bytes>::from("12345")).unwrap();
    stack().oneshot(post).await.unwrap();
    let recorded = Request::put(format!("http://{address}/"));
    let recorded = recorded.body(ReplayBody::new(Full::<Bytes>::from("1234567"))).unwrap();
    stack().oneshot(recorded).await.unwrap();
    let asked = asked.lock().unwrap().join("").to_lowercase();
    assert_eq!(asked.matches("transfer-encoding").count(), 0, "{asked}");
    assert_eq!(asked.matches("content-length: 5").count(), 1, "{asked}");
    assert_eq!(asked.matches("content-length: 7").count(), 1, "{asked}");
    assert_eq!(asked.matches("content-length").count(), 2, "{asked}");
}

/// An HTTP/2 server that refuses every stream; counts them.
async fn refusing() -> (SocketAddr, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let streams = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&streams);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let counter = Arc::clone(&counter);
            tokio::spawn(async move {
                let mut connection = h2::server::handshake(stream).await.unwrap();
                while let Some(Ok((_, mut respond))) = connection.accept().await {
                    counter.fetch_add(1, Ordering::SeqCst);
                    respond.send_reset(h2::Reason::REFUSED_STREAM);
                }
            });
        }
    });
    (address, streams)
}

/// reqwest repeats refused streams by itself, but only with a body that it can copy, and these are streams to it.
#[tokio::test]
async fn reqwest_repeats_nothing_below_the_policy() {
    let by_default = builder().http2_prior_knowledge().build().unwrap();
    let (address, streams) = refusing().await;
    by_default.get(format!("http://{address}/")).send().await.unwrap_err();
    assert!(streams.load(Ordering::SeqCst) > 1, "by itself it does");

    let built_here = ReqwestService::build(builder().http2_prior_knowledge()).unwrap();
    for client in [ReqwestService::new(by_default), built_here] {
        let (address, streams) = refusing().await;
        client.oneshot(request(&Method::GET, address)).await.map(drop).unwrap_err();
        assert_eq!(streams.load(Ordering::SeqCst), 1);
    }
}
