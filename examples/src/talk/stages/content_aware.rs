//! Stage 9, content-aware: stage 8 with the JSON parsed inside the loop.
//!
//! In stage 8 one body came back empty, with a good status and a good length. Now an answer that is there and
//! is not right is one more reason to try again. The loops are still nested as in the talk, so up to 10
//! attempts are made where 4 were meant.

use super::{
    limits::{MAX_RETRIES, TIMEOUT},
    own_retry::{hand_down_what_is_left, retry},
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
/// If none of the attempts brings the document.
pub async fn get_json(client: Client, uri: Uri) -> Result<Json, BoxError> {
    let response = ServiceBuilder::new()
        .layer(RetryLayer::new(retry(MAX_RETRIES).retry_exhausted_inner(true)))
        .layer(ContentCheckLayer::json())
        .map_request(hand_down_what_is_left)
        .layer(RetryLayer::new(retry(MAX_RETRIES)))
        .layer(AttemptTimeoutLayer::new().head(TIMEOUT).idle(TIMEOUT))
        .service(client.with_connect_timeout(TIMEOUT))
        .oneshot(get(uri))
        .await?;
    json(raise_for_status(response)?).await
}
