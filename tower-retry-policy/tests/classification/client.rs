//! The clients, and the stack under test over each: the check and the limits inside the retry.

use crate::{loops::Loop, server::Server, tls};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::connect::{HttpConnector, dns::Name},
    rt::{TokioExecutor, TokioTimer},
};
use std::{io, net::SocketAddr, sync::Arc};
use tonic::transport::Endpoint;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, service_fn, util::BoxCloneSyncService};
use tower_content_check::{ContentCheckLayer, check::Length};
use tower_retry_policy::{AttemptTimeoutLayer, RetryPolicy};

/// The columns of the table.
pub(crate) const CLIENTS: [Client; 6] = [
    Client::HyperUtil { http2: false },
    Client::HyperUtil { http2: true },
    Client::Reqwest { http2: false },
    Client::Reqwest { http2: true },
    Client::Tonic,
    Client::InProcess,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    HyperUtil { http2: bool },
    Reqwest { http2: bool },
    Tonic,
    InProcess,
}

pub(crate) type Stack = BoxCloneSyncService<Request<Full<Bytes>>, Response<()>, BoxError>;

/// A resolver that knows no name.
type Resolver = tower::util::BoxCloneSyncService<Name, std::vec::IntoIter<SocketAddr>, io::Error>;

impl Client {
    pub(crate) fn speaks_http2(self) -> bool {
        matches!(self, Self::Tonic | Self::HyperUtil { http2: true } | Self::Reqwest { http2: true })
    }

    /// Three attempts, none of which the client adds to.
    pub(crate) fn stack(self, which: Loop, server: &Server, patience: AttemptTimeoutLayer) -> Stack {
        match self {
            Self::HyperUtil { http2 } => layered(which, hyper_util(http2), patience),
            Self::Reqwest { http2 } => layered(which, reqwest(http2), patience),
            Self::Tonic => layered(which, tonic(server), patience),
            Self::InProcess => layered(which, server.router.clone().unwrap(), patience),
        }
    }
}

fn layered<S, B>(which: Loop, client: S, patience: AttemptTimeoutLayer) -> Stack
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let stack = ServiceBuilder::new()
        .layer(which.retry(RetryPolicy::urllib3(2)))
        .layer(ContentCheckLayer::new(Length::new()))
        .layer(patience)
        .service(client)
        .map_response(|response| response.map(drop));
    BoxCloneSyncService::new(stack)
}

fn connector() -> HttpConnector<Resolver> {
    let resolver = service_fn(|name: Name| async move {
        Err::<std::vec::IntoIter<SocketAddr>, _>(io::Error::other(format!("no address for {name}")))
    });
    let mut connector = HttpConnector::new_with_resolver(BoxCloneSyncService::new(resolver));
    connector.enforce_http(false);
    connector
}

fn hyper_util(
    http2: bool,
) -> hyper_util::client::legacy::Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>> {
    let https = HttpsConnectorBuilder::new().with_tls_config(tls::client()).https_or_http();
    let https = if http2 {
        https.enable_http2().wrap_connector(connector())
    } else {
        https.enable_http1().wrap_connector(connector())
    };
    hyper_util::client::legacy::Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(0)
        .timer(TokioTimer::new())
        .http2_only(http2)
        .retry_canceled_requests(false)
        .build(https)
}

/// reqwest's client is a service of its own types; this is all that it takes to make it one of `http`'s.
fn reqwest(
    http2: bool,
) -> impl Service<Request<Full<Bytes>>, Response = Response<reqwest::Body>, Error = reqwest::Error, Future: Send>
+ Clone
+ Send
+ Sync {
    let builder = reqwest::Client::builder()
        .pool_max_idle_per_host(0)
        .dns_resolver(Arc::new(NoNames))
        .no_proxy()
        // it has retries of its own, which a policy around it would multiply
        .retry(reqwest::retry::never())
        .tls_backend_preconfigured(tls::client());
    let client = if http2 { builder.http2_prior_knowledge() } else { builder.http1_only() }.build().unwrap();
    service_fn(move |request: Request<Full<Bytes>>| {
        let client = client.clone();
        async move {
            let request = reqwest::Request::try_from(request.map(reqwest::Body::wrap))?;
            client.execute(request).await.map(Response::from)
        }
    })
}

/// Fails with an error that is not the operating system's, as resolvers written in Rust do.
struct NoNames;

impl reqwest::dns::Resolve for NoNames {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        Box::pin(async move { Err(format!("no address for {}", name.as_str()).into()) })
    }
}

fn tonic(
    server: &Server,
) -> impl Service<
    Request<Full<Bytes>>,
    Response = Response<tonic::body::Body>,
    Error = tonic::transport::Error,
    Future: Send,
> + Clone
+ Send
+ Sync
+ use<> {
    let endpoint = Endpoint::from_shared(format!("{}://{}", server.scheme, server.authority)).unwrap();
    let endpoint =
        if server.scheme == "https" { endpoint.tls_config(tls::tonic_client()).unwrap() } else { endpoint };
    let channel = endpoint.connect_with_connector_lazy(connector());
    channel.map_request(|request: Request<Full<Bytes>>| request.map(tonic::body::Body::new))
}
