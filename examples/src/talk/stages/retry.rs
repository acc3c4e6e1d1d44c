//! Stage 4, retry: the talk's `session.mount(url, HTTPAdapter(max_retries=3))`.
//!
//! Connecting and waiting for the head are tried again. The body is not: by the time it is read, the head has
//! been handed to the caller and the retry is over. That is why "it looks strange" in the talk: far fewer calls
//! take longer than a timeout than fail.

use super::limits::{MAX_RETRIES, TIMEOUT};
use crate::sim::{
    client::Client,
    requests::{Json, get, json, raise_for_status},
};
use http::Uri;
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_retry_policy::{AttemptTimeoutLayer, RetryLayer, RetryPolicy};

/// Fetches the document.
///
/// # Errors
/// If no attempt brings an answer, or the one that does breaks off or is no JSON.
pub async fn get_json(client: Client, uri: Uri) -> Result<Json, BoxError> {
    let response = ServiceBuilder::new()
        .layer(RetryLayer::new(RetryPolicy::urllib3(MAX_RETRIES)))
        .layer(AttemptTimeoutLayer::new().head(TIMEOUT).idle(TIMEOUT))
        .service(client.with_connect_timeout(TIMEOUT))
        .oneshot(get(uri))
        .await?;
    json(raise_for_status(response)?).await
}
