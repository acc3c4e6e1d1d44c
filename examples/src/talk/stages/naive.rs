//! Stage 2, naive: the first thing one writes. Nothing limits the wait and nothing is tried again.

use crate::sim::{
    client::Client,
    requests::{Json, get, json, raise_for_status},
};
use http::Uri;
use tower::{BoxError, ServiceExt};

/// Fetches the document.
///
/// # Errors
/// If there is no connection, no good answer, or no JSON in it.
pub async fn get_json(client: Client, uri: Uri) -> Result<Json, BoxError> {
    let response = client.oneshot(get(uri)).await?;
    let response = raise_for_status(response)?;
    json(response).await
}
