//! Stage 7, backoff: the talk's `Retry(total=3, connect=3, read=3, backoff_factor=25)`.
//!
//! The waits of 0, 50 and 100 s outlast an outage. On a network that is merely bad they change little, and the
//! body is still outside.

use super::limits::{BACKOFF_FACTOR, MAX_RETRIES, TIMEOUT};
use crate::sim::{
    client::Client,
    requests::{Json, get, json, raise_for_status},
};
use http::Uri;
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_backoff::Backoff;
use tower_retry_policy::{
    AttemptTimeoutLayer,
    Phase::{Connect, Read},
    RetryLayer, RetryPolicy,
};

/// Fetches the document.
///
/// # Errors
/// If no attempt brings an answer, or the one that does breaks off or is no JSON.
pub async fn get_json(client: Client, uri: Uri) -> Result<Json, BoxError> {
    let retry = RetryPolicy::urllib3(MAX_RETRIES)
        .retries_after(Connect, MAX_RETRIES)
        .retries_after(Read, MAX_RETRIES)
        .backoff(Backoff::urllib3(BACKOFF_FACTOR));
    let response = ServiceBuilder::new()
        .layer(RetryLayer::new(retry))
        .layer(AttemptTimeoutLayer::new().head(TIMEOUT).idle(TIMEOUT))
        .service(client.with_connect_timeout(TIMEOUT))
        .oneshot(get(uri))
        .await?;
    json(raise_for_status(response)?).await
}
