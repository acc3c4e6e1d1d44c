//! An HTTP/1 connection that dies at every byte of the request and of the answer.

use crate::{
    client::{HANG, Kind, came, client, policy},
    loops::{Loop, over_our_loop},
};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tower::{ServiceBuilder, ServiceExt};
use tower_content_check::{ContentCheckLayer, check::Length};
use tower_retry_policy::ReplayBody;

const UPLOAD: &str = "an upload";
const WHOLE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwhole";

/// What happens to the first request of a server; every other one is answered.
#[derive(Clone, Copy, Debug)]
struct Death {
    /// How much of the request is read.
    read: usize,
    answer: &'static str,
    reset: bool,
    /// On a connection that has served another request before.
    reused: bool,
}

struct Server {
    address: SocketAddr,
    /// Requests other than the warming one of which a byte was read.
    seen: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads up to `limit` bytes of a request, or all of it; how many it were.
async fn read(stream: &mut TcpStream, limit: usize) -> Vec<u8> {
    let (mut request, mut buffer) = (Vec::new(), [0; 1024]);
    while request.len() < limit {
        let room = buffer.len().min(limit - request.len());
        let Ok(read @ 1..) = stream.read(&mut buffer[..room]).await else { break };
        request.extend_from_slice(&buffer[..read]);
        let is_get = request.starts_with(b"GET");
        if (is_get && request.ends_with(b"\r\n\r\n")) || request.ends_with(UPLOAD.as_bytes()) {
            break;
        }
    }
    request
}

async fn serve(mut stream: TcpStream, death: Death, seen: Arc<AtomicUsize>) {
    let _ = stream.set_nodelay(true);
    if death.reused && seen.load(Ordering::SeqCst) == 0 {
        read(&mut stream, usize::MAX).await;
        let _ = stream.write_all(WHOLE.as_bytes()).await;
    }
    loop {
        // before it reads: whatever comes from here on is the first
        let is_first = seen.load(Ordering::SeqCst) == 0;
        let request = read(&mut stream, if is_first { death.read } else { usize::MAX }).await;
        if request.is_empty() && !is_first {
            return;
        }
        seen.fetch_add(1, Ordering::SeqCst);
        if !is_first {
            let _ = stream.write_all(WHOLE.as_bytes()).await;
            continue;
        }
        let _ = stream.write_all(death.answer.as_bytes()).await;
        if death.reset {
            let _ = stream.set_zero_linger();
        } else {
            let _ = stream.shutdown().await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
        return;
    }
}

impl Server {
    async fn start(death: Death) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connections.spawn(serve(stream, death, Arc::clone(&count)));
            }
        });
        Self { address, seen, task }
    }
}

/// How often a byte of the request came, and whether the call brought the whole answer.
async fn call(which: Loop, kind: Kind, method: &Method, death: Death) -> (usize, bool) {
    let server = Server::start(death).await;
    let client = client(kind, server.address);
    if death.reused {
        let request =
            Request::get(format!("http://{}/", server.address)).body(ReplayBody::default()).unwrap();
        client.clone().oneshot(request).await.unwrap().into_body().collect().await.unwrap();
        // the connection goes back to the pool in a task of the client's
        tokio::task::yield_now().await;
    }
    let service = ServiceBuilder::new()
        .layer(which.retry(policy()))
        .layer(ContentCheckLayer::new(Length::new()))
        .service(client);
    let request = Request::builder()
        .method(method)
        .uri(format!("http://{}/path", server.address))
        .body(ReplayBody::from(if *method == Method::GET { String::new() } else { UPLOAD.to_owned() }))
        .unwrap();
    let outcome = tokio::time::timeout(HANG, service.oneshot(request)).await.expect("a call hangs");
    let succeeded = match outcome {
        Ok(response) if response.status() == StatusCode::OK => {
            response.into_body().collect().await.unwrap().to_bytes() == "whole"
        }
        _ => false,
    };
    (server.seen.load(Ordering::SeqCst), succeeded)
}

const LONGEST: usize = 180;

over_our_loop!(
    #[tokio::test]
    a_request_of_which_a_byte_came_is_repeated_only_if_it_may,
    an_answer_that_is_cut_anywhere_is_repeated_only_if_it_may_be,
    an_answer_before_the_end_of_the_upload_counts,
    only_what_a_server_says_of_not_having_processed_is_repeated,
    no_call_gets_the_answer_of_another,
);

async fn a_request_of_which_a_byte_came_is_repeated_only_if_it_may(which: Loop) {
    for kind in Kind::HTTP1 {
        for reused in [false, true] {
            for reset in [false, true] {
                for read in (1..=LONGEST).step_by(if reused || reset { 5 } else { 1 }) {
                    let death = Death { read, answer: "", reset, reused };
                    let post = call(which, kind, &Method::POST, death).await;
                    assert_eq!(post, (1, false), "{kind:?}, {death:?}");
                    let get = call(which, kind, &Method::GET, death).await;
                    assert!(came(which, get, (2, true)), "{kind:?}, {death:?}: {get:?}");
                }
            }
        }
    }
}

async fn an_answer_that_is_cut_anywhere_is_repeated_only_if_it_may_be(which: Loop) {
    for kind in Kind::HTTP1 {
        for reset in [false, true] {
            for cut in 0..WHOLE.len() {
                let death = Death { read: usize::MAX, answer: &WHOLE[..cut], reset, reused: false };
                let post = call(which, kind, &Method::POST, death).await;
                assert_eq!(post, (1, false), "{kind:?}, {death:?}");
                let put = call(which, kind, &Method::PUT, death).await;
                assert!(came(which, put, (2, true)), "{kind:?}, {death:?}: {put:?}");
            }
        }
    }
}

async fn an_answer_before_the_end_of_the_upload_counts(which: Loop) {
    const CLOSING: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nwhole";
    for kind in Kind::HTTP1 {
        for read in 1..=LONGEST {
            let death = Death { read, answer: CLOSING, reset: false, reused: false };
            let post = call(which, kind, &Method::POST, death).await;
            assert_eq!(post, (1, true), "{kind:?}, {death:?}");
        }
    }
}

async fn only_what_a_server_says_of_not_having_processed_is_repeated(which: Loop) {
    const ANSWERS: [(&str, usize); 8] = [
        ("HTTP/1.1 408 x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", 1),
        ("HTTP/1.1 413 x\r\ncontent-length: 0\r\nretry-after: 0\r\n\r\n", 1),
        ("HTTP/1.1 417 x\r\ncontent-length: 0\r\n\r\n", 1),
        ("HTTP/1.1 421 x\r\ncontent-length: 0\r\n\r\n", 2),
        ("HTTP/1.1 425 x\r\ncontent-length: 0\r\n\r\n", 2),
        ("HTTP/1.1 429 x\r\ncontent-length: 0\r\nretry-after: 0\r\n\r\n", 1),
        ("HTTP/1.1 503 x\r\ncontent-length: 0\r\nretry-after: 0\r\n\r\n", 1),
        ("HTTP/1.1 100 x\r\n\r\nHTTP/1.1 103 x\r\nlink: </a>\r\n\r\n", 1),
    ];
    for kind in Kind::HTTP1 {
        for (answer, expected) in ANSWERS {
            for read in [1, 40, usize::MAX] {
                let death = Death { read, answer, reset: false, reused: false };
                let (seen, succeeded) = call(which, kind, &Method::POST, death).await;
                assert_eq!((seen, succeeded), (expected, expected == 2), "{kind:?}, {death:?}");
            }
        }
    }
}

/// A server that sends another answer behind each, which nobody has asked for.
async fn serve_surplus(mut stream: TcpStream, seen: Arc<Mutex<HashMap<String, usize>>>) {
    loop {
        let request = read(&mut stream, usize::MAX).await;
        let Some(path) = String::from_utf8_lossy(&request).split(' ').nth(1).map(str::to_owned) else {
            return;
        };
        *seen.lock().unwrap().entry(path.clone()).or_default() += 1;
        let length = path.len();
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{path}");
        let surplus = "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nsurplus";
        if stream.write_all(format!("{answer}{surplus}").as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn no_call_gets_the_answer_of_another(which: Loop) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(Mutex::new(HashMap::new()));
    let count = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve_surplus(stream, Arc::clone(&count)));
        }
    });
    for kind in Kind::HTTP1 {
        let service = ServiceBuilder::new()
            .layer(which.retry(policy()))
            .layer(ContentCheckLayer::new(Length::new()))
            .service(client(kind, address));
        for id in 0..200 {
            let path = format!("/{kind:?}/{id}");
            let request =
                Request::post(format!("http://{address}{path}")).body(ReplayBody::from(UPLOAD.to_owned()));
            let answer = service.clone().oneshot(request.unwrap()).await;
            let answer = answer.unwrap_or_else(|error| panic!("{path}: {error}"));
            assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), path);
        }
    }
    assert!(seen.lock().unwrap().values().all(|times| *times == 1));
}
