//! Clients that say they were connecting: whatever is below, the request never left, unless it would come again.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod loops;

use self::loops::{Loop, over_each_loop};
use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::{Channel, Empty, Full};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{HttpConnector, proxy::Tunnel},
    },
    rt::{TokioExecutor, TokioIo},
};
use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket},
    sync::Semaphore,
    task::JoinSet,
};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};
use tonic::transport::Endpoint;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, service_fn, util::BoxCloneSyncService};
use tower_retry_policy::{AttemptRecord, Phase, RetryError, RetryPolicy};

type Body = Full<Bytes>;
type Stack = BoxCloneSyncService<Request<Body>, Response<()>, BoxError>;

const CALLS: usize = 10;
const RETRIES: u32 = 2;
const ATTEMPTS: usize = 3;

fn stack<C, B>(which: Loop, client: C) -> Stack
where
    C: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
    C::Error: Into<BoxError>,
    C::Future: Send,
    B: 'static,
{
    let client = client.map_err(Into::<BoxError>::into);
    let stack = ServiceBuilder::new().layer(which.retry(RetryPolicy::urllib3(RETRIES))).service(client);
    BoxCloneSyncService::new(stack.map_response(|response| response.map(drop)))
}

fn reqwest(which: Loop, builder: reqwest::ClientBuilder) -> Stack {
    let client =
        builder.retry(reqwest::retry::never()).tls_backend_preconfigured(trusting_nobody()).build().unwrap();
    stack(
        which,
        service_fn(move |request: Request<Body>| {
            let client = client.clone();
            async move {
                let request = reqwest::Request::try_from(request.map(reqwest::Body::wrap))?;
                client.execute(request).await.map(Response::from)
            }
        }),
    )
}

fn trusting_nobody() -> ClientConfig {
    ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth()
}

fn request(method: &str, uri: &str) -> Request<Body> {
    Request::builder().method(method).uri(uri).body(Body::default()).unwrap()
}

fn phases(error: &BoxError) -> Vec<Phase> {
    let error = RetryError::find(&**error).expect("the policy explains every error");
    error.history().attempts().iter().filter_map(AttemptRecord::phase).collect()
}

/// An address of loopback that refuses connections for as long as the socket lives.
fn refusing() -> (TcpSocket, String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let authority = socket.local_addr().unwrap().to_string();
    (socket, authority)
}

over_each_loop!(
    #[tokio::test]
    every_call_that_waits_for_a_refused_connection_makes_all_its_attempts,
    a_caller_that_leaves_while_connecting_takes_nobody_with_it,
    a_refused_tunnel_is_tried_again_unless_the_proxy_wants_a_password,
    a_target_that_no_connector_understands_is_not_tried_again,
);

async fn every_call_that_waits_for_a_refused_connection_makes_all_its_attempts(which: Loop) {
    let (_socket, authority) = refusing();
    let uri = format!("http://{authority}/");
    let hyper_util = |again: bool| {
        let mut builder = Client::builder(TokioExecutor::new());
        stack(which, builder.http2_only(true).retry_canceled_requests(again).build_http())
    };
    let channel = Endpoint::from_shared(uri.clone()).unwrap().connect_lazy();
    let clients = [
        ("hyper-util", hyper_util(false)),
        ("hyper-util with its own retries", hyper_util(true)),
        ("reqwest", reqwest(which, reqwest::Client::builder().no_proxy().http2_prior_knowledge())),
        (
            "tonic",
            stack(which, channel.map_request(|request: Request<Body>| request.map(tonic::body::Body::new))),
        ),
    ];
    for (name, client) in clients {
        let calls: JoinSet<_> = (0..CALLS).map(|_| client.clone().oneshot(request("GET", &uri))).collect();
        for outcome in calls.join_all().await {
            let error = outcome.unwrap_err();
            assert_eq!(phases(&error), [Phase::Connect; ATTEMPTS], "{name}: {error}");
        }
    }
}

/// Answers every request of HTTP/2 connections.
async fn healthy() -> (JoinSet<()>, String) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let mut task = JoinSet::new();
    task.spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let handler = hyper::service::service_fn(|_| async {
                Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
            });
            let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            tokio::spawn(server.serve_connection(TokioIo::new(connection), handler));
        }
    });
    (task, authority)
}

async fn a_caller_that_leaves_while_connecting_takes_nobody_with_it(which: Loop) {
    let (_server, authority) = healthy().await;
    let uri = format!("http://{authority}/");
    for again in [false, true] {
        // the first connection is never made, all others are
        let (gate, connects) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
        let counted = connects.clone();
        let connector = service_fn(move |uri: Uri| {
            let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
            let gate = gate.clone();
            Box::pin(async move {
                if first {
                    gate.acquire().await.unwrap().forget();
                }
                HttpConnector::new().oneshot(uri).await
            })
        });
        let mut builder = Client::builder(TokioExecutor::new());
        let client = stack(which, builder.http2_only(true).retry_canceled_requests(again).build(connector));

        let leaving = tokio::spawn(client.clone().oneshot(request("POST", &uri)));
        while connects.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let mut calls = JoinSet::new();
        for _ in 1..CALLS {
            calls.spawn(client.clone().oneshot(request("POST", &uri)));
        }
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        leaving.abort();
        for outcome in calls.join_all().await {
            outcome.unwrap();
        }
    }
}

/// Refuses every tunnel and counts them.
async fn proxy(refusal: &'static str) -> (JoinSet<()>, String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let tunnels = Arc::new(AtomicUsize::new(0));
    let counter = tunnels.clone();
    let mut task = JoinSet::new();
    task.spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n")
                && connection.read_buf(&mut head).await.is_ok_and(|read| read > 0)
            {}
            assert!(head.starts_with(b"CONNECT "));
            counter.fetch_add(1, Ordering::SeqCst);
            let _ = connection.write_all(refusal.as_bytes()).await;
            let _ = connection.shutdown().await;
        }
    });
    (task, authority, tunnels)
}

async fn a_refused_tunnel_is_tried_again_unless_the_proxy_wants_a_password(which: Loop) {
    let table = [
        ("HTTP/1.1 503 Busy\r\n\r\n", vec![Phase::Connect; ATTEMPTS]),
        ("HTTP/1.1 502 No Gateway\r\n\r\n", vec![Phase::Connect; ATTEMPTS]),
        ("", vec![Phase::Connect; ATTEMPTS]),
        ("HTTP/1.1 407 Who\r\n\r\n", vec![Phase::Other]),
    ];
    for (refusal, expected) in table {
        let (_proxy, authority, tunnels) = proxy(refusal).await;
        let address: Uri = format!("http://{authority}").parse().unwrap();
        let tunnel = Tunnel::new(address.clone(), HttpConnector::new());
        let clients = [
            ("hyper-util", stack(which, Client::builder(TokioExecutor::new()).build(tunnel))),
            (
                "reqwest",
                reqwest(
                    which,
                    reqwest::Client::builder().proxy(reqwest::Proxy::all(address.to_string()).unwrap()),
                ),
            ),
        ];
        for (name, client) in clients {
            for method in ["GET", "POST"] {
                let error =
                    client.clone().oneshot(request(method, "https://nowhere.test/")).await.unwrap_err();
                assert_eq!(phases(&error), expected, "{name}, {method}, {refusal:?}: {error}");
                assert_eq!(
                    tunnels.swap(0, Ordering::SeqCst),
                    expected.len(),
                    "{name}, {method}, {refusal:?}"
                );
            }
        }
    }
}

async fn a_target_that_no_connector_understands_is_not_tried_again(which: Loop) {
    let (_server, authority) = healthy().await;
    let https = format!("https://{authority}/");
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(trusting_nobody())
        .https_or_http()
        .enable_http1();
    let rustls = stack(which, Client::builder(TokioExecutor::new()).build(connector.build()));
    let plain = stack(which, Client::builder(TokioExecutor::new()).build_http());
    let channel = Endpoint::from_shared(https.clone()).unwrap().connect_lazy();
    let tonic =
        stack(which, channel.map_request(|request: Request<Body>| request.map(tonic::body::Body::new)));
    for (client, uri) in [(rustls, &*format!("ftp://{authority}/")), (plain, &*https), (tonic, &*https)] {
        let error = client.oneshot(request("GET", uri)).await.unwrap_err();
        assert_eq!(phases(&error), [Phase::Other], "{uri}: {error}");
    }
}

/// The connect error of another client.
async fn could_not_connect() -> BoxError {
    let (_socket, authority) = refusing();
    let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
    let error = client.get(format!("http://{authority}/").parse().unwrap()).await.unwrap_err();
    assert!(error.is_connect());
    error.into()
}

async fn half_a_body() -> Channel<Bytes, BoxError> {
    let (mut sender, body) = Channel::new(2);
    sender.send_data(Bytes::from("half")).await.unwrap();
    let error = could_not_connect().await;
    tokio::spawn(async move {
        // the half must be out
        tokio::time::sleep(Duration::from_millis(20)).await;
        sender.abort(error);
    });
    body
}

/// A gateway's upload: half of it is sent, and then its own source cannot be reached.
#[tokio::test]
async fn a_body_whose_source_failed_to_connect_has_been_sent_in_part() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let uri = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            tokio::spawn(async move { tokio::io::copy(&mut connection, &mut tokio::io::sink()).await });
        }
    });
    let hyper_util = Client::builder(TokioExecutor::new()).build_http::<Channel<Bytes, BoxError>>();
    let sent = Request::post(&uri).body(half_a_body().await).unwrap();
    let error = hyper_util.request(sent).await.unwrap_err();
    assert_eq!(Phase::of(&error), Phase::Other, "{error:?}");

    let reqwest =
        reqwest::Client::builder().no_proxy().http1_only().tls_backend_preconfigured(trusting_nobody());
    let sent = reqwest.build().unwrap().post(&uri).body(reqwest::Body::wrap(half_a_body().await)).send();
    let error = sent.await.unwrap_err();
    assert!(error.is_connect(), "reqwest looks below the request's body: {error:?}");
    assert_eq!(Phase::of(&error), Phase::Other, "{error:?}");
}
