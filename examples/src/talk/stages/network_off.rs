//! Stage 5, network off: stage 4 with every packet lost, and with the library of the talk's day.
//!
//! That library retried a connection that timed out, but not one that failed with `No route to host`, which is
//! what an unanswered ARP request leads to after three seconds. So there is one connection attempt per call.

use super::limits::{MAX_RETRIES, TIMEOUT};
use crate::sim::{
    client::Client,
    requests::{Json, get, json, raise_for_status},
};
use http::Uri;
use std::io::{Error, ErrorKind};
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_retry_policy::{Attempt, AttemptTimeoutLayer, RetryLayer, RetryPolicy};

/// Fetches the document.
///
/// # Errors
/// Always, as long as the network is off.
pub async fn get_json(client: Client, uri: Uri) -> Result<Json, BoxError> {
    let response = ServiceBuilder::new()
        .layer(RetryLayer::new(RetryPolicy::urllib3(MAX_RETRIES).retry_if(has_route)))
        .layer(AttemptTimeoutLayer::new().head(TIMEOUT).idle(TIMEOUT))
        .service(client.with_connect_timeout(TIMEOUT))
        .oneshot(get(uri))
        .await?;
    json(raise_for_status(response)?).await
}

fn has_route(attempt: &Attempt<'_>) -> bool {
    attempt.cause::<Error>().is_none_or(|error| error.kind() != ErrorKind::HostUnreachable)
}
