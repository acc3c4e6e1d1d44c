//! A streamed upload, sent again after a failure under one idempotency key.

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body::Body;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use std::time::Duration;
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_retry_policy::{IdempotencyKey, IdempotencyKeyLayer, ReplayBody, ReplayBodyLayer};
use tower_retry_policy::{Standard, StandardLayer, replay_body::ReplayBodyService};

/// A client of requests whose bodies can be sent again.
pub type Uploads = IdempotencyKey<ReplayBodyService<Standard<Client<HttpConnector, ReplayBody>>>>;

/// A client to keep: it holds the connections and the budget of the retries.
pub fn client() -> Uploads {
    let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build_http();
    ServiceBuilder::new()
        .layer(IdempotencyKeyLayer::new())
        .layer(ReplayBodyLayer::new().limit(1024 * 1024))
        .layer(StandardLayer::plain().deadline(Duration::from_secs(12)))
        .service(client)
}

/// Posts `file`, which is read once.
pub async fn upload<B>(client: &Uploads, url: &str, file: B) -> Result<StatusCode, BoxError>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    Ok(client.clone().oneshot(Request::post(url).body(file)?).await?.status())
}
