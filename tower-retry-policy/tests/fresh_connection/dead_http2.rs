//! HTTP/2: the one connection of the pool is dead, and no attempt over it will ever find out more than that it is silent.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinSet};
use tower::{Service, ServiceBuilder, ServiceExt};
use tower_backoff::Backoff;
use tower_retry_policy::{AttemptTimeoutLayer, FreshConnectionLayer, History, RetryLayer, RetryPolicy};

/// Answers until it is told that its connections are dead; those of before are then silent.
async fn server(dead: Arc<AtomicBool>) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let uri = format!("http://{}/", listener.local_addr().unwrap());
    let mut task = JoinSet::new();
    task.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((connection, _)) = listener.accept().await {
            let (old, dead) = (!dead.load(Ordering::SeqCst), Arc::clone(&dead));
            let service = service_fn(move |_: Request<Incoming>| {
                let silent = old && dead.load(Ordering::SeqCst);
                async move {
                    if silent {
                        std::future::pending::<()>().await;
                    }
                    Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
                }
            });
            let http2 = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            connections.spawn(async move {
                let _ = http2.serve_connection(TokioIo::new(connection), service).await;
            });
        }
    });
    (uri, task)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_connection_costs_one_attempt() {
    let dead = Arc::new(AtomicBool::new(false));
    let (uri, _task) = server(Arc::clone(&dead)).await;
    let client = |pool| -> Client<HttpConnector, Full<Bytes>> {
        Client::builder(TokioExecutor::new()).http2_only(true).pool_max_idle_per_host(pool).build_http()
    };
    let policy = RetryPolicy::standard().retries(2).backoff(Backoff::none()).without_budget();
    let limit = AttemptTimeoutLayer::new().head(Duration::from_secs(1));
    let pooled = client(1);
    let alone =
        ServiceBuilder::new().layer(RetryLayer::new(policy.clone())).layer(limit).service(pooled.clone());
    let layer = FreshConnectionLayer::new(client(0));
    let mut with_fresh =
        ServiceBuilder::new().layer(RetryLayer::new(policy)).layer(limit).layer(layer).service(pooled);
    let get = || Request::get(&uri).body(Full::default()).unwrap();

    alone.clone().oneshot(get()).await.unwrap();
    dead.store(true, Ordering::SeqCst);
    alone.oneshot(get()).await.map(drop).unwrap_err();
    for _ in 0..2 {
        let response = with_fresh.ready().await.unwrap().call(get()).await.unwrap();
        assert_eq!(History::of(&response).unwrap().attempts().len(), 2);
    }
}
