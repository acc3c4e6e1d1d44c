//! The table of the module's documentation: a pool whose connections are all reset when they are used next.

use crate::server::Server;
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use std::time::Duration;
use tokio::task::JoinSet;
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_backoff::Backoff;
use tower_retry_policy::{AttemptTimeoutLayer, FreshConnectionLayer, RetryLayer, RetryPolicy};

type Pooled = Client<HttpConnector, Full<Bytes>>;

const CALLS: usize = 8;

fn client(pool: usize) -> Pooled {
    Client::builder(TokioExecutor::new()).pool_max_idle_per_host(pool).build_http()
}

/// Fills the pool with connections that are in use at the same time.
async fn fill(client: &Pooled, server: &Server, connections: usize) {
    let mut calls = JoinSet::new();
    for _ in 0..connections {
        let call = client.request(request(server, Method::GET));
        calls.spawn(async move { call.await.unwrap().into_body().collect().await.map(drop).unwrap() });
    }
    while let Some(call) = calls.join_next().await {
        call.unwrap();
    }
    assert_eq!(server.connections(), connections);
    // the connections' tasks put them back into the pool, on this very thread
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

fn request(server: &Server, method: Method) -> Request<Full<Bytes>> {
    Request::builder().method(method).uri(&server.uri).body(Full::default()).unwrap()
}

/// One call with three attempts.
async fn call(client: Pooled, fresh: Option<Pooled>, request: Request<Full<Bytes>>) -> Result<(), BoxError> {
    let policy = RetryPolicy::standard().retries(2).backoff(Backoff::none()).without_budget();
    let limit = AttemptTimeoutLayer::new().head(Duration::from_secs(20));
    let response = if let Some(fresh) = fresh {
        let layer = FreshConnectionLayer::new(fresh);
        ServiceBuilder::new()
            .layer(RetryLayer::new(policy))
            .layer(limit)
            .layer(layer)
            .service(client)
            .oneshot(request)
            .await
    } else {
        ServiceBuilder::new()
            .layer(RetryLayer::new(policy))
            .layer(limit)
            .service(client)
            .oneshot(request)
            .await
    };
    response?.into_body().collect().await?;
    Ok(())
}

/// How many of the calls succeed, one after the other, and how many connections they made.
async fn succeeding(pool: usize, with_fresh: bool, connections: usize) -> (usize, usize) {
    let server = Server::new(connections).await;
    let pooled = client(pool);
    fill(&pooled, &server, connections).await;
    server.forget_connections();
    let fresh = with_fresh.then(|| client(0));
    let mut succeeded = 0;
    for _ in 0..CALLS {
        let outcome = call(pooled.clone(), fresh.clone(), request(&server, Method::GET)).await;
        succeeded += usize::from(outcome.is_ok());
    }
    (succeeded, server.connections() - connections)
}

#[tokio::test]
async fn what_it_brings() {
    let unlimited = usize::MAX;
    let table = [
        ("alone", unlimited, false, [6, 0]),
        ("with the layer", unlimited, true, [8, 8]),
        ("two in the pool", 2, false, [8, 8]),
        ("no pool", 0, false, [8, 8]),
    ];
    for (name, pool, with_fresh, expected) in table {
        for (connections, expected) in [8, 24].into_iter().zip(expected) {
            let (succeeded, made) = succeeding(pool, with_fresh, connections).await;
            println!("{name}: {succeeded} of {CALLS} over {connections} connections, {made} new ones");
            assert_eq!(succeeded, expected, "{name}, {connections} connections");
        }
    }
}

/// A new connection is no permission: what may have been sent is not repeated.
#[tokio::test]
async fn a_post_is_not_repeated() {
    let server = Server::new(8).await;
    let pooled = client(usize::MAX);
    fill(&pooled, &server, 8).await;
    server.forget_connections();
    call(pooled, Some(client(0)), request(&server, Method::POST)).await.unwrap_err();
    assert_eq!((server.requests(), server.connections()), (9, 8));
}
