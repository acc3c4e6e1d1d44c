//! Metrics and tracing of retries.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use std::time::Duration;
use tower::{BoxError, Layer, ServiceExt};
use tower_retry_policy::tracing::RetrySpan;
use tower_retry_policy::{
    MetricsObserver, RetryPolicy, RetrySpanLayer, Standard, StandardLayer, TracingObserver,
};

/// A client whose retries are counted and told, and whose calls are spans.
pub type Told = RetrySpan<Standard<Client<HttpConnector, Full<Bytes>>>>;

/// A client to keep. Whoever installs a recorder tells it `MetricsObserver::describe()`, once.
pub fn client() -> Told {
    let policy = RetryPolicy::standard()
        .observer(MetricsObserver::new().label("client", "billing"))
        .observer(TracingObserver::new());
    let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build_http();
    let layer = StandardLayer::json().deadline(Duration::from_secs(12)).policy(policy);
    RetrySpanLayer::new().layer(layer.service(client))
}

/// The numbers of a bill.
pub async fn bill(client: &Told, url: &str) -> Result<Vec<u32>, BoxError> {
    let request = Request::get(url).body(Full::default())?;
    let response = client.clone().oneshot(request).await?;
    if !response.status().is_success() {
        return Err(response.status().to_string().into());
    }
    response.into_body().into_json().await
}
