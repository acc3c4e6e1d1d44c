//! reqwest with retries: its own requests go in, and its own responses come out.

use std::time::Duration;
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_retry_policy::replay_body::{ReplayBodyLayer, ReplayBodyService};
use tower_retry_policy::{ReqwestService, Standard, StandardLayer};

/// A client to keep: it holds the connections and the budget of the retries.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
    stack: ReplayBodyService<Standard<ReqwestService>>,
}

impl Http {
    /// Its answers are JSON.
    pub fn new() -> Result<Self, reqwest::Error> {
        let service = ReqwestService::build(reqwest::Client::builder().user_agent("first-steps"))?;
        let client = service.get_ref().clone();
        let standard = StandardLayer::json().deadline(Duration::from_secs(12));
        let stack = ServiceBuilder::new().layer(ReplayBodyLayer::new()).layer(standard).service(service);
        Ok(Self { client, stack })
    }

    /// The numbers that a server lists.
    pub async fn numbers(&self, url: &str) -> Result<Vec<u32>, BoxError> {
        Ok(self.send(self.client.get(url)).await?.json().await?)
    }

    /// Puts an order.
    pub async fn order(&self, url: &str) -> Result<String, BoxError> {
        Ok(self.send(self.client.put(url).basic_auth("user", Some("pass")).json(&[12])).await?.text().await?)
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, BoxError> {
        let request = http::Request::try_from(request.build()?)?;
        let response = self.stack.clone().oneshot(request).await?;
        Ok(reqwest::Response::from(response.map(reqwest::Body::wrap)).error_for_status()?)
    }
}
