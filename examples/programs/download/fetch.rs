//! The stack, and the loop that writes what comes.

use crate::{
    Arguments,
    address::Address,
    bar::Bar,
    failure::Failure,
    part::Part,
    resumed::{Kept, Resumed},
};
use bytes::Bytes;
use http::{
    Request, StatusCode,
    header::{ACCEPT_ENCODING, AUTHORIZATION, USER_AGENT},
};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use std::{fmt, pin::pin, time::Duration};
use tower::{BoxError, ServiceBuilder, ServiceExt, layer::layer_fn};
use tower_backoff::{Backoff, Jitter};
use tower_content_check::{
    check::{Checksum, Digest, Length},
    continuation::{Continuations, ContinueLayer},
};
use tower_http::follow_redirect::FollowRedirectLayer;
use tower_retry_policy::{AttemptTimeoutLayer, Phase, RetryLayer, RetryPolicy};

/// What a download was like.
pub(crate) struct Done {
    length: u64,
    kept: u64,
    continuations: u32,
    has_sha256: bool,
}

/// Writes what is missing of the file.
pub(crate) async fn fetch(
    arguments: &Arguments,
    address: &Address,
    part: &mut Part,
) -> Result<Done, Failure> {
    let failed = |error: BoxError| Failure::of(&error);
    let connector = HttpsConnectorBuilder::new()
        .with_native_roots()
        .map_err(|error| failed(error.into()))?
        .https_or_http()
        .enable_http1()
        .build();
    let client = Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .build::<_, Full<Bytes>>(connector);

    let bar = Bar::new();
    let policy = RetryPolicy::standard()
        .retries(arguments.retries)
        .retries_after(Phase::Connect, arguments.retries.min(2)) // a server that is not there is no interrupted download
        .backoff(
            Backoff::exponential(Duration::from_millis(200)).cap(Duration::from_secs(5)).jitter(Jitter::Full),
        )
        .without_budget() // one file, and no fleet: what bounds it is that each 64 KiB must come within `retries`
        .observer(bar.clone());
    // behind a length or a digest nothing is taken for whole that is not
    let length = Length::new();
    let length = if arguments.sha256.is_some() { length } else { length.reject_close_delimited() };
    let checks = (length, Digest::new(), Checksum::new(), arguments.sha256.clone());
    let beginning = std::sync::Mutex::new(part.beginning().await?);

    let service = ServiceBuilder::new()
        .layer(ContinueLayer::new(policy.clone()).check(checks).allow_last_modified())
        .layer(layer_fn(|inner| Resumed::new(inner, beginning.lock().map_or(None, |mut some| some.take()))))
        .layer(FollowRedirectLayer::new()) // each continuation begins at the first URL: a signed target expires
        .layer(RetryLayer::new(policy))
        .layer(
            AttemptTimeoutLayer::new()
                .head(Duration::from_secs(10).max(arguments.patience))
                .idle(arguments.patience),
        )
        .service(client);

    // not packed: what is written is what the digests are of, and a place in it means something to the server
    let mut request = Request::get(&address.uri)
        .header(ACCEPT_ENCODING, "identity")
        .header(USER_AGENT, "download")
        .body(Full::default())
        .map_err(|error| failed(error.into()))?;
    if let Some(credentials) = &address.credentials {
        request.headers_mut().insert(AUTHORIZATION, credentials.clone());
    }
    // whatever is wrong with the head, what an earlier run has left is none the worse for it
    let response = service.oneshot(request).await.map_err(|error| Failure::of_head(&error))?;
    if response.status() != StatusCode::OK {
        return Err(Failure::Failed(format!("the server answered {}", response.status())));
    }

    let kept = response.extensions().get().map_or(0, |Kept(kept)| *kept);
    let continuations = Continuations::of(&response).cloned();
    bar.begins(response.body().size_hint().exact(), kept);
    part.begin(kept, response.headers()).await?;
    let mut body = pin!(response.into_body());
    let mut position = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(failed)?.into_data() else { continue };
        // what is in the file passes too, for the digests
        let known =
            usize::try_from(kept.saturating_sub(position)).map_or(data.len(), |known| known.min(data.len()));
        part.write(&data[known..]).await?;
        position += data.len() as u64;
        bar.is_at(position.max(kept));
    }
    bar.ends();
    let continuations = continuations.map_or(0, |all| all.count());
    Ok(Done { length: position, kept, continuations, has_sha256: arguments.sha256.is_some() })
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.length)?;
        if self.kept > 0 {
            write!(f, ", {} of them from an earlier run", self.kept)?;
        }
        match self.continuations {
            0 => {}
            1 => f.write_str(", continued once")?,
            times => write!(f, ", continued {times} times")?,
        }
        f.write_str(if self.has_sha256 { ", its SHA-256 is the one given" } else { "" })
    }
}
