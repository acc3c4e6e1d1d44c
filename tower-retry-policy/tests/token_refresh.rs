//! 401 with `POST` over real connections: what the server counts, and how often a token is fetched.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, header::AUTHORIZATION};
use http_body_util::{BodyExt, Full, channel::Channel};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{net::TcpListener, sync::Mutex, task::JoinSet, time::timeout};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt};
use tower_retry_policy::{History, ReplayBody, ReplayBodyLayer, RetryLayer, RetryPolicy};

const PATIENCE: Duration = Duration::from_secs(30);

/// What the server has seen.
#[derive(Default)]
struct Counts {
    refused: AtomicU32,
    done: AtomicU32,
    tokens: AtomicU32,
    /// The number of the token that is good; all others are refused.
    good: AtomicU32,
}

async fn work(State(counts): State<Arc<Counts>>, headers: HeaderMap, body: Bytes) -> (StatusCode, Bytes) {
    let good = format!("Bearer {}", counts.good.load(SeqCst));
    if headers.get(AUTHORIZATION).is_some_and(|token| *token == *good) {
        counts.done.fetch_add(1, SeqCst);
        (StatusCode::CREATED, body)
    } else {
        counts.refused.fetch_add(1, SeqCst);
        (StatusCode::UNAUTHORIZED, body)
    }
}

async fn token(State(counts): State<Arc<Counts>>) -> String {
    // long enough for all others to come by meanwhile
    tokio::time::sleep(Duration::from_millis(50)).await;
    (counts.tokens.fetch_add(1, SeqCst) + 1).to_string()
}

async fn server(good: u32) -> (SocketAddr, Arc<Counts>) {
    let counts = Arc::new(Counts { good: AtomicU32::new(good), ..Counts::default() });
    let router =
        Router::new().route("/work", post(work)).route("/token", post(token)).with_state(Arc::clone(&counts));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let router = router.clone();
            let answer = service_fn(move |request| router.clone().oneshot(request));
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
        }
    });
    (address, counts)
}

type Plain = Client<HttpConnector, Full<Bytes>>;

/// As in the recipe.
#[derive(Clone)]
struct Tokens {
    current: Arc<Mutex<Option<HeaderValue>>>,
    client: Plain,
    server: SocketAddr,
}

impl Tokens {
    fn new(server: SocketAddr) -> Self {
        Self { current: Arc::default(), client: Client::builder(TokioExecutor::new()).build_http(), server }
    }

    async fn get(&self, refused: Option<&HeaderValue>) -> Result<HeaderValue, BoxError> {
        let mut current = self.current.lock().await;
        if let Some(token) = current.as_ref().filter(|token| Some(*token) != refused) {
            return Ok(token.clone());
        }
        let request = Request::post(format!("http://{}/token", self.server)).body(Full::default())?;
        let answer = self.client.request(request).await?.into_body().collect().await?.to_bytes();
        Ok(current.insert(format!("Bearer {}", str::from_utf8(&answer)?).parse()?).clone())
    }
}

fn layer(tokens: &Tokens) -> RetryLayer {
    let tokens = tokens.clone();
    RetryLayer::new(RetryPolicy::standard().retry_unauthorized(true)).before_retry(move |failed, mut next| {
        let tokens = tokens.clone();
        async move {
            if failed.status() == Some(StatusCode::UNAUTHORIZED) {
                let token = tokens.get(next.headers.get(AUTHORIZATION)).await?;
                next.headers.insert(AUTHORIZATION, token);
            }
            Ok(next)
        }
    })
}

async fn send<S, B>(
    service: S,
    server: SocketAddr,
    tokens: Tokens,
    body: B,
) -> (StatusCode, Option<u32>, Bytes)
where
    S: Service<Request<B>, Response = Response<Incoming>, Error = BoxError>,
{
    let token = tokens.get(None).await.unwrap();
    let request = Request::post(format!("http://{server}/work")).header(AUTHORIZATION, token);
    let response = timeout(PATIENCE, service.oneshot(request.body(body).unwrap())).await.unwrap().unwrap();
    let attempts = History::of(&response).map(History::attempts_made);
    (response.status(), attempts, response.into_body().collect().await.unwrap().to_bytes())
}

#[tokio::test]
async fn a_post_is_done_once_with_a_fresh_token() {
    let (address, counts) = server(2).await;
    let tokens = Tokens::new(address);
    let client: Plain = Client::builder(TokioExecutor::new()).build_http();
    let service = ServiceBuilder::new().layer(layer(&tokens)).service(client);
    let (status, attempts, echo) = send(service, address, tokens, Full::from("tea")).await;
    assert_eq!((status, attempts, &echo[..]), (StatusCode::CREATED, Some(2), &b"tea"[..]));
    assert_eq!(
        (counts.refused.load(SeqCst), counts.done.load(SeqCst), counts.tokens.load(SeqCst)),
        (1, 1, 2)
    );
}

#[tokio::test]
async fn a_second_401_is_the_callers() {
    let (address, counts) = server(77).await;
    let tokens = Tokens::new(address);
    let client: Plain = Client::builder(TokioExecutor::new()).build_http();
    let service = ServiceBuilder::new().layer(layer(&tokens)).service(client);
    let (status, attempts, echo) = send(service, address, tokens, Full::from("tea")).await;
    assert_eq!((status, attempts, &echo[..]), (StatusCode::UNAUTHORIZED, Some(2), &b"tea"[..]));
    assert_eq!(
        (counts.refused.load(SeqCst), counts.done.load(SeqCst), counts.tokens.load(SeqCst)),
        (2, 0, 2)
    );
}

#[tokio::test]
async fn of_ten_that_are_refused_at_once_one_fetches_the_token() {
    let (address, counts) = server(2).await;
    let tokens = Tokens::new(address);
    let client: Plain = Client::builder(TokioExecutor::new()).build_http();
    let service = ServiceBuilder::new().layer(layer(&tokens)).service(client);
    tokens.get(None).await.unwrap();
    let mut calls = JoinSet::new();
    for _ in 0..10 {
        calls.spawn(send(service.clone(), address, tokens.clone(), Full::from("tea")));
    }
    while let Some(call) = calls.join_next().await {
        assert_eq!(call.unwrap().0, StatusCode::CREATED);
    }
    assert_eq!((counts.done.load(SeqCst), counts.tokens.load(SeqCst)), (10, 2));
    assert!((1..=10).contains(&counts.refused.load(SeqCst)));
}

/// An upload of unknown length: it is sent again as long as it is recorded, and not otherwise.
#[tokio::test]
async fn a_stream_is_sent_again_if_all_of_it_is_recorded() {
    for (limit, expected) in
        [(1024, (StatusCode::CREATED, Some(2), 1)), (4, (StatusCode::UNAUTHORIZED, Some(1), 0))]
    {
        let (address, counts) = server(2).await;
        let tokens = Tokens::new(address);
        let client: Client<_, ReplayBody> = Client::builder(TokioExecutor::new()).build_http();
        let service = ServiceBuilder::new()
            .layer(ReplayBodyLayer::new().limit(limit))
            .layer(layer(&tokens))
            .service(client);
        let (mut sender, body) = Channel::<Bytes, BoxError>::new(8);
        for chunk in ["tea ", "for ", "two"] {
            sender.send_data(Bytes::from(chunk)).await.unwrap();
        }
        drop(sender);
        let (status, attempts, echo) = send(service, address, tokens, body).await;
        assert_eq!((status, attempts, counts.done.load(SeqCst)), expected);
        assert_eq!(&echo[..], b"tea for two");
        assert_eq!(counts.refused.load(SeqCst), 1);
    }
}
