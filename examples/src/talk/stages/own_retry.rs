//! Stage 8, own retry: the talk's loop around the session, which also catches what goes wrong in the body.
//!
//! ```text
//! while True:
//!     session.mount(url, HTTPAdapter(max_retries=retry))
//!     try:
//!         return session.get(url, timeout=60)
//!     except RequestException as error:
//!         retry = retry.increment(error=error)
//!         retry.sleep()
//! ```
//!
//! The inner adapter is handed what is left of the outer loop's retries, so that the attempts multiply:
//! 4 + 3 + 2 + 1 = 10 where 3 retries were asked for. And the JSON is parsed after the loop: a body that is
//! whole and wrong fails the call.

use super::limits::{BACKOFF_FACTOR, MAX_RETRIES, TIMEOUT};
use crate::sim::{
    client::Client,
    requests::{Json, get, json, raise_for_status},
};
use http::{Request, Uri};
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_backoff::Backoff;
use tower_content_check::{ContentCheckLayer, check::Length};
use tower_retry_policy::{AttemptNumber, AttemptTimeoutLayer, RetryLayer, RetryPolicy};

/// Fetches the document.
///
/// # Errors
/// If none of the attempts brings a whole body, or the one that does is no JSON.
pub async fn get_json(client: Client, uri: Uri) -> Result<Json, BoxError> {
    let response = ServiceBuilder::new()
        .layer(RetryLayer::new(retry(MAX_RETRIES).retry_exhausted_inner(true)))
        .layer(ContentCheckLayer::new(Length::new()))
        .map_request(hand_down_what_is_left)
        .layer(RetryLayer::new(retry(MAX_RETRIES)))
        .layer(AttemptTimeoutLayer::new().head(TIMEOUT).idle(TIMEOUT))
        .service(client.with_connect_timeout(TIMEOUT))
        .oneshot(get(uri))
        .await?;
    json(raise_for_status(response)?).await
}

/// `HTTPAdapter(max_retries=retry)`: the outer loop's attempts are taken from the inner one's retries.
pub(super) fn hand_down_what_is_left<B>(mut request: Request<B>) -> Request<B> {
    let failed = AttemptNumber::of(&request) - 1;
    request.extensions_mut().insert(retry(MAX_RETRIES - failed));
    request
}

/// `Retry(total=retries, backoff_factor=25)`.
pub(super) fn retry(retries: u32) -> RetryPolicy {
    RetryPolicy::urllib3(retries).backoff(Backoff::urllib3(BACKOFF_FACTOR))
}
