//! Beyond the talk, hedged: attempts that overlap, in place of short limits.
//!
//! A short limit ends an attempt that might have come through. Here it goes on while another runs beside it, and the
//! first whole and right answer wins. What was weighed (200 seeds, means; the limits are head and silence):
//!
//! | limits, hedge after, at once | requests per call | 100 calls take | the longest takes |
//! |---|---|---|---|
//! | `recommended` | 1.80 | 401 s | 188 s |
//! | 60 s, 8 s, 2 | 1.81 | 291 s | 147 s |
//! | 60 s, 15 s, 3 | 1.98 | 261 s | 109 s |
//! | 60 s, 10 s, 3 | 2.11 | 230 s | 104 s |
//! | 60 s, 5 s, 3 | 2.29 | 191 s | 99 s |
//! | 60 s, 15 s, 4 | 2.08 | 246 s | 92 s |

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
/// limits dead connections fill the three places, and one call in four hundred never ends.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// As long as the newest attempt has not brought everything. The quicker half of the calls never gets here.
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
