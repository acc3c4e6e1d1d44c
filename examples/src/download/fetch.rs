use crate::sim::{
    client::Client,
    requests::{get, raise_for_status},
};
use bytes::Bytes;
use http::Uri;
use std::time::Duration;
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_backoff::{Backoff, Jitter};
use tower_content_check::{
    ContentCheckLayer,
    check::Length,
    resume::{ResumableLayer, ResumeLayer},
};
use tower_retry_policy::{AttemptTimeoutLayer, RetryLayer, RetryPolicy};

/// One way to download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Variant {
    /// The longest silence between two frames of the body.
    pub silence: Duration,
    /// Whether a body that broke off is continued.
    pub resume: bool,
}

/// The settings of the stage `recommended`, all but the silence.
const HEAD: Duration = Duration::from_secs(14);
const RETRIES: u32 = 19;

fn backoff() -> Backoff {
    Backoff::exponential(Duration::from_millis(100)).cap(Duration::from_secs(2)).jitter(Jitter::Full)
}

/// Fetches the file.
pub(super) async fn fetch(client: Client, uri: Uri, variant: Variant) -> Result<Bytes, BoxError> {
    let retry =
        RetryPolicy::standard().retries(RETRIES).backoff(backoff()).without_budget().seed(client.seed());
    let response = ServiceBuilder::new()
        // Without it, the layer of that name below has nothing to remember with and does nothing.
        .option_layer(variant.resume.then(ResumableLayer::new))
        .layer(RetryLayer::new(retry))
        .layer(ContentCheckLayer::new(Length::new()))
        .layer(ResumeLayer::new())
        .layer(AttemptTimeoutLayer::new().head(HEAD).idle(variant.silence))
        .service(client)
        .oneshot(get(uri))
        .await?;
    raise_for_status(response)?.into_body().into_bytes().await
}
