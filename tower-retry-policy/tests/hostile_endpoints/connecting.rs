//! Over HTTP/2 many calls wait for one connection.

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::Empty;
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioIo},
};
use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinSet,
};
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_backoff::Backoff;
use tower_retry_policy::{
    RetryLayer, RetryPolicy,
    endpoints::{Endpoints, EndpointsLayer},
};

async fn healthy() -> Uri {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let handler = hyper::service::service_fn(async |_| {
                Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
            });
            let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            tokio::spawn(server.serve_connection(TokioIo::new(stream), handler));
        }
    });
    uri
}

/// Whoever makes the connection is dropped, and all that wait for it end: the server has done nothing wrong.
#[tokio::test]
async fn a_call_that_is_dropped_while_it_connects_counts_against_nobody() {
    let connects = Arc::new((AtomicUsize::new(0), Notify::new()));
    let counted = connects.clone();
    let connector = service_fn(move |uri: Uri| {
        let first = counted.0.fetch_add(1, SeqCst) == 0;
        counted.1.notify_one();
        Box::pin(async move {
            if first {
                std::future::pending::<()>().await;
            }
            TcpStream::connect(uri.authority().unwrap().as_str()).await.map(TokioIo::new)
        })
    });
    let client = Client::builder(TokioExecutor::new())
        .http2_only(true)
        .retry_canceled_requests(false)
        .build::<_, Empty<Bytes>>(connector);
    let endpoints = Endpoints::new([healthy().await]).unwrap();
    let layer = EndpointsLayer::new(endpoints.clone()).eject_after(1).fail_fast();
    let policy = RetryPolicy::standard().backoff(Backoff::none()).without_budget();
    let service = ServiceBuilder::new().layer(layer.below(RetryLayer::new(policy))).service(client);
    let call = |_| service.clone().oneshot(Request::post("http://service/").body(Empty::new()).unwrap());
    let maker = tokio::spawn(call(0));
    connects.1.notified().await;
    let waiting: JoinSet<_> = (0..5).map(call).collect();
    while endpoints.stats()[0].in_flight() < 6 {
        tokio::task::yield_now().await;
    }
    maker.abort();
    for outcome in waiting.join_all().await {
        assert!(outcome.is_ok(), "{outcome:?}");
    }
    let stats = &endpoints.stats()[0];
    assert_eq!((stats.failures(), stats.ejections(), stats.dropped()), (0, 0, 1), "{stats:?}");
}
