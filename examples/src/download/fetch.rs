use super::{file::File, held::Held, way::Way};
use crate::sim::{
    client::Client,
    requests::{get, raise_for_status},
};
use bytes::Bytes;
use http::{Response, Uri};
use http_body::Body;
use http_body_util::BodyExt;
use std::{pin::pin, time::Duration};
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_backoff::{Backoff, Jitter};
use tower_content_check::{
    ContentCheckLayer,
    check::Length,
    continuation::ContinueLayer,
    resume::{ResumableLayer, ResumeLayer},
};
use tower_retry_policy::{AttemptTimeoutLayer, RetryLayer, RetryPolicy};

/// The settings of the stage `recommended`, all but the silence.
const HEAD: Duration = Duration::from_secs(14);
const RETRIES: u32 = 19;

/// What is read inside the attempt is held, and bounded.
const LARGEST: u64 = 64 * 1024 * 1024;

fn backoff() -> Backoff {
    Backoff::exponential(Duration::from_millis(100)).cap(Duration::from_secs(2)).jitter(Jitter::Full)
}

/// What came of it, where no error did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// The file, byte for byte.
    Exact,
    /// Something else.
    Other,
}

/// Fetches the file, with so much patience for silence in the body.
pub(super) async fn fetch(
    client: Client,
    uri: Uri,
    (way, silence): (Way, Duration),
    file: &File,
    held: &Held,
) -> Result<Content, BoxError> {
    let retry =
        RetryPolicy::standard().retries(RETRIES).backoff(backoff()).without_budget().seed(client.seed());
    let watched = held.clone();
    let attempts = ServiceBuilder::new()
        .layer(AttemptTimeoutLayer::new().head(HEAD).idle(silence))
        .map_response(move |response| watched.watch(response))
        .service(client);
    if way == Way::Stream {
        let stack = ServiceBuilder::new()
            .layer(ContinueLayer::new(retry.clone()).check(Length::new()))
            .layer(RetryLayer::new(retry))
            .service(attempts);
        return read(stack.oneshot(get(uri)).await?, file, held).await;
    }
    let stack = ServiceBuilder::new()
        // Without it, the layer of that name below has nothing to remember with and does nothing.
        .option_layer((way == Way::Resume).then(ResumableLayer::new))
        .layer(RetryLayer::new(retry))
        .layer(ContentCheckLayer::new(Length::new()).max_bytes(LARGEST))
        .layer(ResumeLayer::new().max_bytes(LARGEST))
        .service(attempts);
    read(stack.oneshot(get(uri)).await?, file, held).await
}

/// Compares what comes with the file, and keeps nothing of it.
async fn read<B>(response: Response<B>, file: &File, held: &Held) -> Result<Content, BoxError>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    let mut body = pin!(raise_for_status(response)?.into_body());
    let (mut left, mut content) = (file.content.clone(), Content::Exact);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(Into::into)?.into_data() else { continue };
        held.read(data.len() as u64);
        if left.starts_with(&data) {
            let _ = left.split_to(data.len());
        } else {
            content = Content::Other;
        }
    }
    Ok(if left.is_empty() { content } else { Content::Other })
}
