//! The body over real connections: a server that stops in the middle of the upload, and one that answers before its
//! end.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Empty, Full, channel::Channel};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use std::{
    collections::VecDeque,
    convert::Infallible,
    future::pending,
    io::Error,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinSet,
};
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_backoff::Backoff;
use tower_retry_policy::{
    AttemptRecord, AttemptTimeoutLayer, History, Phase, ReplayBody, ReplayBodyLayer, RetryLayer, RetryPolicy,
    StopReason,
};

const KIB: usize = 1024;

/// What the server does with a request, after which it takes the next turn.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Turn {
    /// Reads so much and closes the connection (HTTP/1), or ends the stream with an error (HTTP/2).
    Stops(usize),
    /// Answers 503 without reading, and leaves the rest of the upload where it is.
    AnswersAndHolds,
    /// Answers 503 without reading, and drops the upload.
    AnswersAndDrops,
    /// Reads it all and never answers.
    IsSilent,
}

#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    pub(crate) log: Arc<Log>,
    _task: JoinSet<()>,
}

#[derive(Debug, Default)]
pub(crate) struct Log {
    turns: Mutex<VecDeque<Turn>>,
    whole: Mutex<Vec<(Bytes, Option<HeaderMap>)>>,
    held: Mutex<Vec<Incoming>>,
    pub(crate) turned: Notify,
}

impl Server {
    pub(crate) async fn new(http2: bool, turns: impl IntoIterator<Item = Turn>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Log { turns: Mutex::new(turns.into_iter().collect()), ..Log::default() });
        let shared = Arc::clone(&log);
        let mut task = JoinSet::new();
        task.spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(http2, connection, Arc::clone(&shared)));
            }
        });
        Self { address, log, _task: task }
    }

    pub(crate) fn put<B>(&self, upload: B) -> Request<B> {
        let request = Request::put(format!("http://{}/", self.address)).header("trailer", "digest");
        request.body(upload).unwrap()
    }

    /// What the requests brought that were read to their end.
    pub(crate) fn whole(&self) -> Vec<(Bytes, Option<HeaderMap>)> {
        std::mem::take(&mut self.log.whole.lock().unwrap())
    }
}

async fn serve(http2: bool, connection: TcpStream, log: Arc<Log>) {
    connection.set_nodelay(true).unwrap();
    let io = TokioIo::new(connection);
    let service = service_fn(move |request| answer(request, Arc::clone(&log)));
    // a connection that the script ends ends with an error
    let _ = if http2 {
        let mut http2 = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        // an upload that nobody reads fills its own window, and must leave room for others in that of the connection
        http2.initial_stream_window_size(64 * 1024).initial_connection_window_size(1024 * 1024);
        http2.serve_connection(io, service).await
    } else {
        hyper::server::conn::http1::Builder::new().serve_connection(io, service).await
    };
}

async fn answer(request: Request<Incoming>, log: Arc<Log>) -> Result<Response<Empty<Bytes>>, BoxError> {
    let turn = log.turns.lock().unwrap().pop_front();
    let mut upload = request.into_body();
    let Some(turn) = turn.filter(|turn| !matches!(turn, Turn::IsSilent)) else {
        let whole = upload.collect().await?;
        let trailers = whole.trailers().cloned();
        log.whole.lock().unwrap().push((whole.to_bytes(), trailers));
        if turn.is_some() {
            log.turned.notify_one();
            return pending().await;
        }
        return Ok(Response::new(Empty::new()));
    };
    if let Turn::Stops(bytes) = turn {
        let mut read = 0;
        while read < bytes {
            read += upload.frame().await.ok_or("a shorter upload")??.into_data().map_or(0, |data| data.len());
        }
    } else if let Turn::AnswersAndHolds = turn {
        log.held.lock().unwrap().push(upload);
    }
    log.turned.notify_one();
    match turn {
        Turn::Stops(_) => Err("as the script says".into()),
        Turn::AnswersAndHolds | Turn::AnswersAndDrops | Turn::IsSilent => {
            Ok(Response::builder().status(StatusCode::SERVICE_UNAVAILABLE).body(Empty::new())?)
        }
    }
}

pub(crate) async fn put<B>(
    http2: bool,
    limit: usize,
    server: &Server,
    upload: B,
) -> Result<Response<()>, BoxError>
where
    B: Body + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    let service = ServiceBuilder::new()
        .layer(ReplayBodyLayer::new().limit(limit))
        .layer(RetryLayer::new(
            RetryPolicy::standard().retries(3).backoff(Backoff::constant(Duration::from_millis(1))),
        ))
        .layer(AttemptTimeoutLayer::new().head(Duration::from_secs(20)))
        .service(client(http2));
    let request = server.put(upload);
    Ok(service.oneshot(request).await?.map(drop))
}

pub(crate) fn client(http2: bool) -> Client<HttpConnector, ReplayBody> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let mut builder = Client::builder(TokioExecutor::new());
    if !http2 {
        // a small upload fits into the buffers of the socket: to the client its connection is then free, although
        // the server has not read it and reads nothing after it
        builder.pool_max_idle_per_host(0);
    }
    builder.http2_only(http2).build(connector)
}

pub(crate) fn content(len: usize) -> Bytes {
    (0..len).map(|at| (at % 251) as u8).collect()
}

/// Sends half at once, and the rest when it is told to.
fn in_two_halves(content: &Bytes, go_on: Arc<Log>, tailed: bool) -> Channel<Bytes, Error> {
    let (mut sender, body) = Channel::new(1);
    let mut rest = content.clone();
    tokio::spawn(async move {
        let half = rest.len() / 2;
        while !rest.is_empty() {
            if rest.len() == half {
                go_on.turned.notified().await;
            }
            let data = rest.split_to(rest.len().min(8 * KIB));
            if sender.send_data(data).await.is_err() {
                return;
            }
        }
        if tailed {
            let trailers = [("digest".parse().unwrap(), HeaderValue::from_static("x"))].into_iter().collect();
            let _ = sender.send_trailers(trailers).await;
        }
    });
    body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_in_the_middle_of_the_upload() {
    for http2 in [false, true] {
        for tailed in [false, true] {
            let turns = [Turn::Stops(1), Turn::Stops(32 * KIB), Turn::Stops(64 * KIB)];
            let server = Server::new(http2, turns).await;
            let content = content(64 * KIB);
            let upload = in_two_halves(&content, Arc::clone(&server.log), tailed);
            let response = put(http2, 70 * KIB, &server, upload).await.unwrap();
            assert_eq!(response.status(), 200, "HTTP/2: {http2}");
            let phases: Vec<_> =
                History::of(&response).unwrap().attempts().iter().map(AttemptRecord::phase).collect();
            assert_eq!(phases, [Some(Phase::Read), Some(Phase::Read), Some(Phase::Read), None]);
            let [(data, trailers)] = <[_; 1]>::try_from(server.whole()).unwrap();
            assert!(data == content, "HTTP/2: {http2}, {} bytes", data.len());
            assert_eq!(trailers.is_some(), tailed, "HTTP/2: {http2}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_answers_before_the_upload_has_ended() {
    for http2 in [false, true] {
        for turn in [Turn::AnswersAndHolds, Turn::AnswersAndDrops] {
            let server = Server::new(http2, [turn; 3]).await;
            let content = content(64 * KIB);
            let upload = in_two_halves(&content, Arc::clone(&server.log), false);
            let response = put(http2, 64 * KIB, &server, upload).await.unwrap();
            assert_eq!(response.status(), 200, "HTTP/2: {http2}, {turn:?}");
            assert!(server.whole()[0].0 == content, "HTTP/2: {http2}, {turn:?}");
        }
    }
}

/// The upload of the first attempt is stuck in the socket, where nobody reads, and holds its body for ever. The next
/// attempt has it all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_answers_and_never_reads() {
    for http2 in [false, true] {
        let server = Server::new(http2, [Turn::AnswersAndHolds]).await;
        let content = content(16 * KIB * KIB);
        server.log.turned.notify_one();
        let upload = in_two_halves(&content, Arc::clone(&server.log), false);
        let response = put(http2, usize::MAX, &server, upload).await.unwrap();
        assert_eq!(response.status(), 200, "HTTP/2: {http2}");
        assert!(server.whole()[0].0 == content, "HTTP/2: {http2}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_over_the_limit_is_sent_once_and_whole() {
    for http2 in [false, true] {
        for (turns, status, stop) in
            [(vec![], 200, None), (vec![Turn::AnswersAndHolds], 503, Some(StopReason::BodyNotReplayable))]
        {
            let server = Server::new(http2, turns).await;
            server.log.turned.notify_one();
            let content = content(256 * KIB);
            let upload = in_two_halves(&content, Arc::clone(&server.log), false);
            // too late for a second attempt: the first has read more than the limit before it is answered
            let response = put(http2, 4 * KIB, &server, upload).await.unwrap();
            assert_eq!(response.status(), status, "HTTP/2: {http2}");
            assert_eq!(History::of(&response).and_then(History::stop_reason), stop);
            if stop.is_none() {
                assert!(server.whole()[0].0 == content);
            }
        }
    }
}

/// Lengths reach the server as they are: `Content-Length` for what has one, in every attempt.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_known_length_is_declared_in_every_attempt() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let heads = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&heads);
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let log = Arc::clone(&log);
            let service = service_fn(move |request: Request<Incoming>| {
                let length = request.headers().get("content-length").cloned();
                let mut log = log.lock().unwrap();
                log.push(length);
                let status = if log.len() < 3 { 503 } else { 200 };
                async move {
                    request.into_body().collect().await.map(|_| ())?;
                    Ok::<_, BoxError>(Response::builder().status(status).body(Empty::<Bytes>::new())?)
                }
            });
            let io = TokioIo::new(connection);
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(io, service));
        }
    });
    let server = Server { address, log: Arc::default(), _task: JoinSet::new() };
    let streamed = Full::new(Bytes::from_static(b"twelve bytes")).map_err(|never: Infallible| match never {});
    let response = put(false, 64, &server, streamed).await.unwrap();
    assert_eq!(response.status(), 200);
    let expected = Some(HeaderValue::from_static("12"));
    assert_eq!(*heads.lock().unwrap(), [expected.clone(), expected.clone(), expected]);
}
