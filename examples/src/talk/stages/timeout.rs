//! Stage 3, timeout: the talk's `requests.get(url, timeout=60)`.
//!
//! Nobody waits for ever any more: 60 s to connect and 60 s without an answer are an error. It is an error
//! that ends the call, though.

use super::limits::TIMEOUT;
use crate::sim::{
    client::Client,
    requests::{Json, get, json, raise_for_status},
};
use http::Uri;
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_retry_policy::AttemptTimeoutLayer;

/// Fetches the document.
///
/// # Errors
/// If there is no connection or no answer in time, no good answer, or no JSON in it.
pub async fn get_json(client: Client, uri: Uri) -> Result<Json, BoxError> {
    let response = ServiceBuilder::new()
        .layer(AttemptTimeoutLayer::new().head(TIMEOUT).idle(TIMEOUT))
        .service(client.with_connect_timeout(TIMEOUT))
        .oneshot(get(uri))
        .await?;
    json(raise_for_status(response)?).await
}
