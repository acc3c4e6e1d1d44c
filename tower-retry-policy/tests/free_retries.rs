//! A server that shuts its connections down in good order is not overloaded, so the retries that this takes are free.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod loops;

use self::loops::{Loop, over_each_loop};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http2};
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioIo},
};
use std::{
    convert::Infallible,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinSet,
    time::timeout,
};
use tower::{ServiceBuilder, ServiceExt};
use tower_backoff::Backoff;
use tower_retry_policy::RetryPolicy;

const CALLS: usize = 1_000;

/// More than a connection carries at once: hyper's server allows 200 streams.
const BEFORE_SHUTDOWN: usize = 100;

/// However slow the machine is.
const LONGEST: Duration = Duration::from_secs(60);

/// Serves so many requests and shuts down; what is in flight by then may end. The connections after it go on.
async fn serve(connection: TcpStream, shuts_down: bool) {
    let (enough, taken) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
    let full = Arc::clone(&enough);
    let handler = hyper::service::service_fn(move |_: Request<Incoming>| {
        if taken.fetch_add(1, Ordering::SeqCst) + 1 == BEFORE_SHUTDOWN && shuts_down {
            full.notify_one();
        }
        async { Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"good")))) }
    });
    let mut serving =
        pin!(http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(connection), handler));
    tokio::select! {
        _ = serving.as_mut() => return,
        () = enough.notified() => serving.as_mut().graceful_shutdown(),
    }
    let _ = serving.await;
}

over_each_loop!(
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    a_graceful_shutdown_under_a_thousand_calls_takes_no_token,
);

async fn a_graceful_shutdown_under_a_thousand_calls_takes_no_token(which: Loop) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let mut server = JoinSet::new();
    server.spawn(async move {
        let mut shuts_down = true;
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(serve(connection, std::mem::replace(&mut shuts_down, false)));
        }
    });
    // the cold default budget grants a hundred retries
    let policy = RetryPolicy::standard().backoff(Backoff::none());
    let client =
        Client::builder(TokioExecutor::new()).http2_only(true).retry_canceled_requests(false).build_http();
    let service =
        ServiceBuilder::new().layer(which.retry(policy)).map_err(tower::BoxError::from).service(client);
    let call = || {
        let request = Request::get(format!("http://{authority}/")).body(Full::<Bytes>::default()).unwrap();
        service.clone().oneshot(request)
    };
    call().await.unwrap(); // connects, so that all others are on one connection
    let mut calls = JoinSet::new();
    for _ in 0..CALLS {
        calls.spawn(call());
    }
    let outcomes = timeout(LONGEST, calls.join_all()).await.unwrap();
    let failed: Vec<_> =
        outcomes.into_iter().filter_map(Result::err).map(|error| format!("{error:?}")).collect();
    assert!(failed.is_empty(), "{} of {CALLS} failed, such as {:#?}", failed.len(), &failed[0]);
}
