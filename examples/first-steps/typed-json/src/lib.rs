//! A struct out of JSON. Another shape is a failed attempt, and the struct is parsed once.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde::Deserialize;
use std::time::Duration;
use tower::{BoxError, ServiceBuilder, ServiceExt, util::BoxCloneSyncService};
use tower_content_check::ContentCheckLayer;
use tower_content_check::check::{JsonInto, Length, Parsed};
use tower_retry_policy::{AttemptTimeoutLayer, DeadlineLayer, RetryLayer, RetryPolicy};

/// What the shop asks for an article.
#[derive(Deserialize)]
struct Price {
    cents: u32,
}

/// A client to keep. The price is in the extensions of the response.
pub type Shop = BoxCloneSyncService<Request<Full<Bytes>>, Response<()>, BoxError>;

/// Makes the client.
pub fn shop() -> Shop {
    let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build_http();
    let service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(Duration::from_secs(12)))
        .layer(RetryLayer::new(RetryPolicy::standard().last_response_as_error(true)))
        .layer(ContentCheckLayer::new((Length::new(), JsonInto::<Price>::new())))
        .layer(AttemptTimeoutLayer::new().head(Duration::from_secs(2)).idle(Duration::from_secs(2)))
        .service(client);
    BoxCloneSyncService::new(service.map_response(|response| response.map(drop)))
}

/// The price that stands at `url`, in cents.
pub async fn price(shop: &Shop, url: &str) -> Result<u32, BoxError> {
    let response = shop.clone().oneshot(Request::get(url).body(Full::default())?).await?;
    Ok(Parsed::<Price>::take(response).map_err(|other| other.status().to_string())?.into_body().cents)
}
