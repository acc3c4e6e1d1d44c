use crate::server::Version;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tower::{
    BoxError, ServiceBuilder,
    util::{BoxCloneSyncService, service_fn},
};

pub(crate) type Answer = Response<UnsyncBoxBody<Bytes, BoxError>>;
pub(crate) type Wire<B> = BoxCloneSyncService<Request<B>, Answer, BoxError>;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Hyper,
    Reqwest,
}

impl Kind {
    /// A client that repeats nothing by itself.
    pub(crate) fn client<B>(self, version: Version) -> Wire<B>
    where
        B: Body<Data = Bytes> + Send + Sync + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        let http2 = version == Version::Http2;
        match self {
            Self::Hyper => {
                let client = Client::builder(TokioExecutor::new())
                    .http2_only(http2)
                    .retry_canceled_requests(false)
                    .build_http::<B>();
                let client = ServiceBuilder::new()
                    .map_response(|response: Response<Incoming>| boxed(response))
                    .map_err(BoxError::from)
                    .service(client);
                BoxCloneSyncService::new(client)
            }
            Self::Reqwest => {
                // reqwest wants one, though nothing here is encrypted; an error says that another test was first
                let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
                let client = reqwest::Client::builder()
                    .no_proxy()
                    .tls_certs_only([])
                    .redirect(reqwest::redirect::Policy::none())
                    .retry(reqwest::retry::never());
                let client = if http2 { client.http2_prior_knowledge() } else { client.http1_only() };
                let client = client.build().unwrap();
                BoxCloneSyncService::new(service_fn(move |request: Request<B>| {
                    let request = reqwest::Request::try_from(request.map(reqwest::Body::wrap)).unwrap();
                    let response = client.execute(request);
                    async { Ok(boxed(Response::from(response.await?))) }
                }))
            }
        }
    }
}

pub(crate) fn boxed<B>(response: Response<B>) -> Answer
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    response.map(|body| body.map_err(Into::into).boxed_unsync())
}
