//! Real clients, each with the setting that covers the TLS handshake.

use crate::tls::{Server, Silence};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{client::legacy::connect::HttpConnector, rt::TokioExecutor};
use std::time::Duration;
use tokio::task::JoinSet;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt, service_fn, util::BoxCloneSyncService};
use tower_backoff::Backoff;
use tower_retry_policy::{
    AttemptRecord, AttemptTimeoutLayer, ConnectTimeoutLayer, History, Phase, RetryError, RetryLayer,
    RetryPolicy,
};

/// Far more than a handshake on loopback takes, on a machine that is busy with other tests too.
const LIMIT: Duration = Duration::from_secs(1);
const HEAD: Duration = Duration::from_secs(4);

const CLIENTS: [Client; 5] = [
    Client::HyperUtil { http2: false },
    Client::HyperUtil { http2: true },
    Client::Reqwest,
    Client::Tonic { lazy: false },
    Client::Tonic { lazy: true },
];

#[derive(Clone, Copy, Debug)]
enum Client {
    HyperUtil {
        http2: bool,
    },
    Reqwest,
    /// With a connector, or without one: then its connect timeout does not cover the TLS handshake.
    Tonic {
        lazy: bool,
    },
}

type Stack = BoxCloneSyncService<Request<Full<Bytes>>, Response<()>, BoxError>;

impl Client {
    fn speaks_http2(self) -> bool {
        matches!(self, Self::HyperUtil { http2: true } | Self::Tonic { .. })
    }

    fn stack(self, server: &Server) -> Stack {
        match self {
            Self::HyperUtil { .. } => layered(hyper_util(server)),
            Self::Reqwest => layered(reqwest(server)),
            Self::Tonic { lazy } => layered(tonic(server, lazy)),
        }
    }
}

fn tonic(
    server: &Server,
    lazy: bool,
) -> impl Service<
    Request<Full<Bytes>>,
    Response = Response<tonic::body::Body>,
    Error = tonic::transport::Error,
    Future: Send,
> + Clone
+ Send
+ Sync
+ use<> {
    let trusted = Certificate::from_pem(pem(&server.certificate));
    let tls = ClientTlsConfig::new().ca_certificate(trusted).domain_name("127.0.0.1");
    let endpoint = Endpoint::from_shared(server.uri()).unwrap().connect_timeout(LIMIT);
    let channel = if lazy {
        endpoint.tls_config(tls.timeout(LIMIT)).unwrap().connect_lazy()
    } else {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        endpoint.tls_config(tls).unwrap().connect_with_connector_lazy(connector)
    };
    channel.map_request(|request: Request<Full<Bytes>>| request.map(tonic::body::Body::new))
}

fn pem(certificate: &[u8]) -> String {
    use std::fmt::Write as _;
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for (line, three) in certificate.chunks(3).enumerate() {
        let bits =
            three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let sextet = (bits >> (18 - 6 * place)) as usize & 63;
            let padding = place > three.len();
            let _ = write!(text, "{}", if padding { '=' } else { char::from(ALPHABET[sextet]) });
        }
        if line % 16 == 15 {
            text.push('\n');
        }
    }
    text + "\n-----END CERTIFICATE-----\n"
}

fn hyper_util(
    server: &Server,
) -> impl Service<Request<Full<Bytes>>, Response = Response<hyper::body::Incoming>, Error = BoxError, Future: Send>
+ Clone
+ Send
+ Sync
+ use<> {
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(server.client_config())
        .https_only()
        .enable_all_versions()
        .build();
    let client = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build(connector);
    ConnectTimeoutLayer::new(LIMIT).layer(client)
}

fn reqwest(
    server: &Server,
) -> impl Service<Request<Full<Bytes>>, Response = Response<reqwest::Body>, Error = reqwest::Error, Future: Send>
+ Clone
+ Send
+ Sync
+ use<> {
    let client = reqwest::Client::builder()
        .connect_timeout(LIMIT)
        .no_proxy()
        .retry(reqwest::retry::never())
        .tls_backend_preconfigured(server.client_config())
        .build()
        .unwrap();
    service_fn(move |request: Request<Full<Bytes>>| {
        let client = client.clone();
        async move {
            let request = reqwest::Request::try_from(request.map(reqwest::Body::wrap))?;
            client.execute(request).await.map(Response::from)
        }
    })
}

fn layered<S, B>(client: S) -> Stack
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let policy = RetryPolicy::standard().retries(3).backoff(Backoff::none()).without_budget();
    let stack = ServiceBuilder::new()
        .layer(RetryLayer::new(policy))
        .layer(AttemptTimeoutLayer::new().head(HEAD))
        .service(client)
        .map_response(|response| response.map(drop));
    BoxCloneSyncService::new(stack)
}

fn post(server: &Server) -> Request<Full<Bytes>> {
    Request::post(server.uri()).body(Full::from("an order")).unwrap()
}

fn phases(history: &History) -> Vec<Option<Phase>> {
    history.attempts().iter().map(AttemptRecord::phase).collect()
}

/// The outcome over each client, all of them at once.
async fn each(silence: Silence, check: fn(Client, Result<Response<()>, BoxError>, usize)) {
    let mut calls = JoinSet::new();
    for client in CLIENTS {
        calls.spawn(async move {
            let server = Server::new(client.speaks_http2(), silence).await;
            let outcome = client.stack(&server).oneshot(post(&server)).await;
            check(client, outcome, server.seen());
        });
    }
    while let Some(call) = calls.join_next().await {
        call.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_whose_handshake_stays_silent_is_tried_again_and_arrives_once() {
    each(Silence::InHandshakes(2), |client, outcome, seen| {
        let response = outcome.unwrap_or_else(|error| panic!("{client:?}: {error:?}"));
        let expected = [Some(Phase::Connect), Some(Phase::Connect), None];
        assert_eq!(phases(History::of(&response).unwrap()), expected, "{client:?}");
        assert_eq!(seen, 1, "{client:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_that_was_sent_is_not_repeated() {
    each(Silence::BeforeTheHead, |client, outcome, seen| {
        let error = outcome.unwrap_err();
        assert_eq!(phases(RetryError::find(&*error).unwrap().history()), [Some(Phase::Read)], "{client:?}");
        assert_eq!(seen, 1, "{client:?}");
    })
    .await;
}
