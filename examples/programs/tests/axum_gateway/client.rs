//! A client of the gateway: it repeats nothing and follows nothing.

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, combinators::BoxBody};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::TokioExecutor,
};
use tower::BoxError;

pub(crate) type Body = BoxBody<Bytes, std::io::Error>;

#[derive(Clone)]
pub(crate) struct Client {
    inner: legacy::Client<HttpConnector, Body>,
    gateway: String,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) content: String,
}

impl Client {
    pub(crate) fn of(gateway: &str) -> Self {
        let inner = legacy::Client::builder(TokioExecutor::new()).build_http();
        Self { inner, gateway: gateway.to_owned() }
    }

    /// The head, and the body as it comes.
    pub(crate) async fn begin(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Result<http::Response<Incoming>, BoxError> {
        let mut request =
            Request::builder().method(method).uri(format!("http://{}{path}", self.gateway)).body(body)?;
        for (name, value) in headers {
            request.headers_mut().append(http::HeaderName::try_from(*name)?, value.parse()?);
        }
        Ok(self.inner.request(request).await?)
    }

    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Result<Answer, BoxError> {
        let (head, body) = self.begin(method, path, headers, body).await?.into_parts();
        let content = String::from_utf8(body.collect().await?.to_bytes().to_vec())?;
        Ok(Answer { status: head.status, headers: head.headers, content })
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Answer, BoxError> {
        self.call("GET", path, &[], content("")).await
    }
}

pub(crate) fn content(content: impl Into<Bytes>) -> Body {
    http_body_util::Full::new(content.into()).map_err(|never| match never {}).boxed()
}
