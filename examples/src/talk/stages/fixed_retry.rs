//! Stage 6, fixed retry: the talk's `Retry(total=3, connect=3, read=3)`, with every packet still lost.
//!
//! Now it does retry: connections (1), (2), (3) and (4). It fails at once all the same, because nothing waits
//! between them.

use super::limits::{MAX_RETRIES, TIMEOUT};
use crate::sim::{
    client::Client,
    requests::{Json, get, json, raise_for_status},
};
use http::Uri;
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_retry_policy::{
    AttemptTimeoutLayer,
    Phase::{Connect, Read},
    RetryLayer, RetryPolicy,
};

/// Fetches the document.
///
/// # Errors
/// Always, as long as the network is off.
pub async fn get_json(client: Client, uri: Uri) -> Result<Json, BoxError> {
    let retry = RetryPolicy::urllib3(MAX_RETRIES)
        .retries_after(Connect, MAX_RETRIES)
        .retries_after(Read, MAX_RETRIES);
    let response = ServiceBuilder::new()
        .layer(RetryLayer::new(retry))
        .layer(AttemptTimeoutLayer::new().head(TIMEOUT).idle(TIMEOUT))
        .service(client.with_connect_timeout(TIMEOUT))
        .oneshot(get(uri))
        .await?;
    json(raise_for_status(response)?).await
}
