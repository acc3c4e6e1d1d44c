//! Beyond the talk, hedged: attempts that overlap, in place of short limits.
//!
//! A short limit ends an attempt that might have come through. Here it goes on while another runs beside it, and the
//! first whole and right answer wins. What was weighed (60 seeds, means; the limits are head and silence):
//!
//! | limits, hedge after, at once | requests per call | 100 calls take | the longest takes |
//! |---|---|---|---|
//! | `recommended` | 1.52 | 291 s | 141 s |
//! | 60 s, 8 s, 2 | 1.69 | 202 s | 99 s |
//! | 60 s, 15 s, 3 | 1.65 | 186 s | 77 s |
//! | 60 s, 10 s, 3 | 1.79 | 158 s | 75 s |
//! | 60 s, 5 s, 3 | 2.15 | 133 s | 70 s |
//! | 60 s, 15 s, 4 | 1.69 | 178 s | 68 s |

use super::recommended::{RETRIES, backoff};
use crate::sim::{
    client::Client,
    requests::{Json, get, json, raise_for_status},
};
use http::Uri;
use std::time::Duration;
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_content_check::ContentCheckLayer;
use tower_retry_policy::{AttemptTimeoutLayer, RetryLayer, RetryPolicy, retry::Hedge};

/// To connect and to get the head, and between two frames. Long, as nobody waits for it alone, but not endless: without
/// limits dead connections may fill the three places.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// As long as the newest attempt has not brought everything.
const HEDGE: Duration = Duration::from_secs(10);

/// At once. One more counts for more than a shorter delay, at the same requests.
const AT_ONCE: usize = 3;

/// Fetches the document.
///
/// # Errors
/// If none of the attempts brings the document.
pub async fn get_json(client: Client, uri: Uri) -> Result<Json, BoxError> {
    // Without the budget, as in `recommended`. Elsewhere hedges need one: it is what keeps them from doubling the load
    // of a server that has become slow.
    let retry =
        RetryPolicy::standard().retries(RETRIES).backoff(backoff()).without_budget().seed(client.seed());
    let response = ServiceBuilder::new()
        .layer(RetryLayer::new(retry).hedge(Hedge::after(HEDGE).at_once(AT_ONCE)))
        .layer(ContentCheckLayer::json())
        .layer(AttemptTimeoutLayer::new().head(LIMIT).idle(LIMIT))
        .service(client)
        .oneshot(get(uri))
        .await?;
    json(raise_for_status(response)?).await
}
