//! A library with retries of its author's, of which its user changes what does not fit.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower::{BoxError, ServiceExt};
use tower_retry_policy::{RetryPatch, RetryPolicy, Standard, StandardLayer};

/// A client of the weather service.
#[derive(Clone, Debug)]
pub struct Weather {
    http: Standard<Client<HttpConnector, Full<Bytes>>>,
    server: String,
}

impl Weather {
    /// Two attempts, and an answer that stays bad is an error.
    pub fn new(server: String) -> Self {
        let policy = RetryPolicy::standard().retries(1).last_response_as_error(true);
        let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build_http();
        Self { http: StandardLayer::plain().policy(policy).service(client), server }
    }

    /// The forecast for a city. The patch changes the retries; what it leaves alone stays as the author has it.
    pub async fn forecast(&self, city: &str, patch: Option<RetryPatch>) -> Result<String, BoxError> {
        let mut request = Request::get(format!("{}/{city}", self.server)).body(Full::default())?;
        if let Some(patch) = patch {
            request.extensions_mut().insert(patch);
        }
        let response = self.http.clone().oneshot(request).await?;
        if !response.status().is_success() {
            return Err(response.status().to_string().into());
        }
        response.into_body().into_text().await
    }
}
