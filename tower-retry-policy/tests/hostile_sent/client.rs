//! Clients under one service type, with their own retries switched off.

use crate::loops::Loop;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use std::{net::SocketAddr, time::Duration};
use tower::{BoxError, ServiceExt, util::BoxCloneService};
use tower_backoff::Backoff;
use tower_retry_policy::{ReplayBody, RetryPolicy};

pub(crate) type Answer = UnsyncBoxBody<Bytes, BoxError>;
pub(crate) type Service<B = ReplayBody> = BoxCloneService<Request<B>, Response<Answer>, BoxError>;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    HyperHttp1,
    HyperHttp2,
    ReqwestHttp1,
    ReqwestHttp2,
    Tonic,
}

impl Kind {
    pub(crate) const HTTP1: [Self; 2] = [Self::HyperHttp1, Self::ReqwestHttp1];
    pub(crate) const HTTP2: [Self; 3] = [Self::HyperHttp2, Self::ReqwestHttp2, Self::Tonic];
}

fn boxed<B>(response: Response<B>) -> Response<Answer>
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    response.map(|body| body.map_err(Into::into).boxed_unsync())
}

pub(crate) fn client<B>(kind: Kind, server: SocketAddr) -> Service<B>
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + Sync + Unpin + 'static,
{
    match kind {
        Kind::HyperHttp1 | Kind::HyperHttp2 => {
            let client = Client::builder(TokioExecutor::new())
                .http2_only(kind == Kind::HyperHttp2)
                .retry_canceled_requests(false)
                .build_http::<B>();
            BoxCloneService::new(client.map_response(boxed).map_err(Into::into))
        }
        Kind::ReqwestHttp1 | Kind::ReqwestHttp2 => {
            install_provider();
            let builder =
                reqwest::Client::builder().no_proxy().tls_certs_only([]).retry(reqwest::retry::never());
            let builder = if kind == Kind::ReqwestHttp2 {
                builder.http2_prior_knowledge()
            } else {
                builder.http1_only()
            };
            let client = builder.build().unwrap();
            BoxCloneService::new(
                client
                    .map_request(|request: Request<B>| {
                        reqwest::Request::try_from(request.map(reqwest::Body::wrap)).unwrap()
                    })
                    .map_response(|response: reqwest::Response| boxed(Response::from(response)))
                    .map_err(Into::into),
            )
        }
        Kind::Tonic => {
            let channel =
                tonic::transport::Endpoint::from_shared(format!("http://{server}")).unwrap().connect_lazy();
            BoxCloneService::new(
                channel
                    .map_request(|request: Request<B>| request.map(tonic::body::Body::new))
                    .map_response(boxed)
                    .map_err(Into::into),
            )
        }
    }
}

pub(crate) fn install_provider() {
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
}

pub(crate) fn policy() -> RetryPolicy {
    RetryPolicy::standard().retries(3).backoff(Backoff::none()).without_budget()
}

/// Whether a request that may be repeated came as often as expected, or a hedge came too.
pub(crate) fn came(which: Loop, (times, succeeded): (usize, bool), expected: (usize, bool)) -> bool {
    succeeded == expected.1 && (times == expected.0 || which.doubts() && times > expected.0)
}

/// Longer than anything here takes.
pub(crate) const HANG: Duration = Duration::from_secs(10);
