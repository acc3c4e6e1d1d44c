//! Servers that shut down in good order, again and again, under `POST`s in flight: no handler runs twice for one of them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod loops;

use self::loops::{Loop, over_our_loop};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{Empty, Full};
use hyper::{body::Incoming, server::conn::http2};
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioIo},
};
use std::{
    collections::HashMap,
    convert::Infallible,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinSet,
    time::{Instant, timeout_at},
};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};
use tonic::transport::Endpoint;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_backoff::Backoff;
use tower_retry_policy::{AttemptTimeoutLayer, RetryPolicy};

const POSTS: usize = 60;

/// Connections that are shut down for each client and loop. Where a graceful GOAWAY counts as "not processed", a handler runs twice
/// in one of seventy.
const SHUTDOWNS: usize = 100;

/// However slow the machine is.
const LONGEST: Duration = Duration::from_secs(20);

/// Shuts each connection down when it has taken some requests.
struct Server {
    authority: String,
    counts: Counts,
    _task: JoinSet<()>,
}

#[derive(Clone, Default)]
struct Counts {
    by_id: Arc<Mutex<HashMap<String, usize>>>,
    shutdowns: Arc<AtomicUsize>,
}

impl Counts {
    fn shutdowns(&self) -> usize {
        self.shutdowns.load(Ordering::SeqCst)
    }
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let counts = Counts::default();
        let mut task = JoinSet::new();
        let counted = counts.clone();
        task.spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(connection, counted.clone()));
            }
        });
        Self { authority, counts, _task: task }
    }
}

async fn serve(connection: TcpStream, counts: Counts) {
    let (enough, taken) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
    // another number for each connection
    let limit = 1 + counts.shutdowns.fetch_add(1, Ordering::SeqCst) % 20;
    let full = enough.clone();
    let handler = hyper::service::service_fn(move |request: Request<Incoming>| {
        let id = request.headers()["x-id"].to_str().unwrap().to_owned();
        *counts.by_id.lock().unwrap().entry(id).or_default() += 1;
        if taken.fetch_add(1, Ordering::SeqCst) + 1 == limit {
            full.notify_one();
        }
        async { Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())) }
    });
    let mut serving =
        pin!(http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(connection), handler));
    tokio::select! {
        _ = serving.as_mut() => return,
        () = enough.notified() => serving.as_mut().graceful_shutdown(),
    }
    let _ = serving.await;
}

/// `POST`s in rounds until enough connections were shut down. Some end in an error: nobody knows whether they ran.
async fn no_post_runs_twice<C, B>(which: Loop, client: C, server: &Server)
where
    C: Service<Request<Full<Bytes>>, Response = Response<B>> + Clone + Send + 'static,
    C::Error: Into<BoxError>,
    C::Future: Send,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let policy = RetryPolicy::standard().backoff(Backoff::none()).without_budget();
    // On two busy cores 7 of 42 runs of these tests had requests, 1 to 50, without an answer after 4 s. The server had not
    // seen those of the run in which that was looked up; why hyper leaves them waiting is not known.
    let limit = AttemptTimeoutLayer::new().head(Duration::from_secs(2));
    let service = ServiceBuilder::new().layer(which.retry(policy)).layer(limit).service(client);
    let until = Instant::now() + LONGEST;
    let (mut round, mut failed) = (0, 0);
    while server.counts.shutdowns() < SHUTDOWNS {
        let mut calls = JoinSet::new();
        for number in 0..POSTS {
            let request = Request::post(format!("http://{}/", server.authority))
                .header("x-id", format!("{round}-{number}"))
                .body(Full::from("once"))
                .unwrap();
            calls.spawn(service.clone().oneshot(request));
        }
        let Ok(outcomes) = timeout_at(until, calls.join_all()).await else { break };
        failed += outcomes.iter().filter(|outcome| outcome.is_err()).count();
        round += 1;
    }
    let by_id = server.counts.by_id.lock().unwrap();
    let (calls, shutdowns) = (round * POSTS, server.counts.shutdowns());
    assert!(
        shutdowns > SHUTDOWNS / 4,
        "too little to say anything: {calls} calls, {failed} failed, {shutdowns}"
    );
    let twice: Vec<_> = by_id.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "ran more than once: {twice:?}");
}

over_our_loop!(
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    over_hyper_util,
    over_reqwest,
    over_tonic,
);

async fn over_hyper_util(which: Loop) {
    let server = Server::start().await;
    let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
    no_post_runs_twice(which, client, &server).await;
}

async fn over_reqwest(which: Loop) {
    let server = Server::start().await;
    let client = reqwest::Client::builder()
        .no_proxy()
        .retry(reqwest::retry::never())
        .tls_backend_preconfigured(no_tls())
        .http2_prior_knowledge()
        .build()
        .unwrap();
    let service = service_fn(move |request: Request<Full<Bytes>>| {
        let client = client.clone();
        async move {
            let request = reqwest::Request::try_from(request.map(reqwest::Body::wrap))?;
            client.execute(request).await.map(Response::from)
        }
    });
    no_post_runs_twice(which, service, &server).await;
}

async fn over_tonic(which: Loop) {
    let server = Server::start().await;
    let channel = Endpoint::from_shared(format!("http://{}", server.authority)).unwrap().connect_lazy();
    let service = channel.map_request(|request: Request<Full<Bytes>>| request.map(tonic::body::Body::new));
    no_post_runs_twice(which, service, &server).await;
}

fn no_tls() -> ClientConfig {
    ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth()
}
