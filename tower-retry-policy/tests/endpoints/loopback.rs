//! hyper-util's client and three addresses on loopback: nobody listens at one, one answers 503, one is well.

use bytes::Bytes;
use http::{Request, Response, header::HOST};
use http_body_util::Full;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use std::{
    collections::BTreeSet,
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpSocket},
    task::JoinSet,
    time::timeout,
};
use tower::{ServiceBuilder, ServiceExt};
use tower_backoff::Backoff;
use tower_content_check::ContentCheckLayer;
use tower_retry_policy::{
    AttemptTimeoutLayer, History, Phase, RetryLayer, RetryPolicy,
    endpoints::{EndpointStats, Endpoints, EndpointsLayer},
};

/// What a server was asked for: `Host`, then path and query.
type Asked = Arc<Mutex<Vec<(String, String)>>>;

async fn serve(status: u16, tasks: &mut JoinSet<()>) -> (String, Asked) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let asked = Asked::default();
    let notes = Arc::clone(&asked);
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((connection, _)) = listener.accept().await {
            let notes = Arc::clone(&notes);
            let answer = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
                let host = request.headers()[HOST].to_str().unwrap().to_owned();
                notes.lock().unwrap().push((host, request.uri().to_string()));
                let body = Full::new(Bytes::from_static(b"[1, 2]"));
                let response = Response::builder().status(status).body(body).unwrap();
                async { Ok::<_, Infallible>(response) }
            });
            connections.spawn(
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(connection), answer),
            );
        }
    });
    (authority, asked)
}

#[tokio::test]
async fn over_the_real_client_every_call_ends_at_the_one_that_is_well() {
    let mut tasks = JoinSet::new();
    // bound, so that it is nobody else's, and not listening
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let nobody = socket.local_addr().unwrap().to_string();
    let (busy, asked_busy) = serve(503, &mut tasks).await;
    let (well, asked_well) = serve(200, &mut tasks).await;
    let addresses =
        [&nobody, &busy, &well].map(|authority| format!("http://{authority}/v1").parse().unwrap());
    let endpoints = Endpoints::new(addresses).unwrap();
    let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let policy =
        RetryPolicy::standard().without_budget().backoff(Backoff::constant(Duration::from_millis(1)));
    let service = ServiceBuilder::new()
        .layer(EndpointsLayer::new(endpoints.clone()).seed(1).below(RetryLayer::new(policy)))
        .layer(ContentCheckLayer::json())
        .layer(AttemptTimeoutLayer::new().head(Duration::from_secs(5)))
        .service(client);

    let mut seen = BTreeSet::new();
    for _ in 0..60 {
        let mut request = Request::get("http://service/x?y").body(Full::default()).unwrap();
        request.headers_mut().insert(HOST, "service".parse().unwrap());
        let response =
            timeout(Duration::from_secs(10), service.clone().oneshot(request)).await.unwrap().unwrap();
        assert_eq!(response.status(), 200);
        let Some(history) = History::of(&response) else { continue };
        let hosts: BTreeSet<_> =
            history.attempts().iter().map(|attempt| attempt.endpoint().unwrap().to_string()).collect();
        assert_eq!(hosts.len(), history.attempts().len(), "{history}");
        seen.extend(history.attempts().iter().filter_map(|attempt| {
            let at = attempt.endpoint().unwrap().authority().unwrap().to_string();
            attempt.phase().map(|phase| (at, phase))
        }));
    }
    assert_eq!(seen, BTreeSet::from([(nobody, Phase::Connect), (busy.clone(), Phase::Status)]));
    let asked = asked_well.lock().unwrap().clone();
    assert_eq!(asked, vec![(well, "/v1/x?y".to_owned()); 60]);
    assert!(asked_busy.lock().unwrap().iter().all(|(host, _)| *host == busy));
    // one of the two is ejected after five failures, and no more than one of three is
    let stats = endpoints.stats();
    assert_eq!(stats.iter().map(EndpointStats::is_ejected).filter(|ejected| *ejected).count(), 1);
    assert!(stats.iter().all(|of| of.in_flight() == 0));
}
