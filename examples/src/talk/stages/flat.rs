//! Beyond the talk, flat: what stage 9 does, with one policy and nothing multiplied.
//!
//! Connect, head, body and content are one loop with one count: four attempts are four.

use super::{
    limits::{MAX_RETRIES, TIMEOUT},
    own_retry::retry,
};
use crate::sim::{
    client::Client,
    requests::{Json, get, json, raise_for_status},
};
use http::Uri;
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_content_check::ContentCheckLayer;
use tower_retry_policy::{AttemptTimeoutLayer, RetryLayer};

/// Fetches the document.
///
/// # Errors
/// If none of the four attempts brings the document.
pub async fn get_json(client: Client, uri: Uri) -> Result<Json, BoxError> {
    let response = ServiceBuilder::new()
        .layer(RetryLayer::new(retry(MAX_RETRIES)))
        .layer(ContentCheckLayer::json())
        .layer(AttemptTimeoutLayer::new().head(TIMEOUT).idle(TIMEOUT))
        .service(client.with_connect_timeout(TIMEOUT))
        .oneshot(get(uri))
        .await?;
    json(raise_for_status(response)?).await
}
