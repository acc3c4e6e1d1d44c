//! Decompression stands inside the retry, below the check of the content: what cannot be unpacked is a broken body.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod loops;

use self::loops::{Loop, over_each_loop};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{Request, Response, header};
use http_body_util::Full;
use std::{
    collections::VecDeque,
    convert::Infallible,
    io::Write,
    sync::{Arc, Mutex},
};
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
use tower_backoff::Backoff;
use tower_content_check::{CheckedBody, ContentCheckLayer};
use tower_http::decompression::DecompressionLayer;
use tower_retry_policy::{AttemptRecord, History, Phase, RetryError, RetryPolicy, StopReason};

fn gzip(content: &str) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content.as_bytes()).unwrap();
    encoder.finish().unwrap().into()
}

fn half(of: &Bytes) -> Bytes {
    of.slice(..of.len() / 2)
}

/// The attempts' phases, and the content or the reason to stop.
async fn call(
    which: Loop,
    decompress: bool,
    bodies: Vec<Bytes>,
) -> (Vec<Option<Phase>>, Result<String, StopReason>) {
    let bodies = Arc::new(Mutex::new(VecDeque::from(bodies)));
    let server = service_fn(move |_: Request<String>| {
        let body = bodies.lock().unwrap().pop_front().expect("one answer per request");
        let response = Response::builder().header(header::CONTENT_ENCODING, "gzip").body(Full::new(body));
        async { Ok::<_, Infallible>(response.unwrap()) }
    });
    let request = Request::get("http://test/").body(String::new()).unwrap();
    let policy = RetryPolicy::standard().backoff(Backoff::none());
    let phases = |history: &History| history.attempts().iter().map(AttemptRecord::phase).collect();
    let failed = |error: BoxError| {
        let error = RetryError::find(&*error).expect("the policy ends the call");
        (phases(error.history()), Err(error.stop_reason().unwrap()))
    };
    let retry = ServiceBuilder::new().layer(which.retry(policy)).layer(ContentCheckLayer::json());
    let response = if decompress {
        match retry.layer(DecompressionLayer::new()).service(server).oneshot(request).await {
            Ok(response) => response.map(CheckedBody::into_bytes),
            Err(error) => return failed(error),
        }
    } else {
        let result = retry.service(server).oneshot(request).await;
        return failed(result.expect_err("what is still encoded is no JSON"));
    };
    let history = History::of(&response).map_or_else(Vec::new, phases);
    let content = response.into_body().await.unwrap();
    (history, Ok(String::from_utf8(content.into()).unwrap()))
}

over_each_loop!(
    #[tokio::test(start_paused = true)]
    what_cannot_be_unpacked_is_a_broken_body,
);

async fn what_cannot_be_unpacked_is_a_broken_body(which: Loop) {
    let (good, html) = (gzip("{\"a\": 1}"), gzip("<html>"));
    let content = || Ok("{\"a\": 1}".to_owned());
    #[rustfmt::skip]
    let table = [
        // decompression below the check, the server's answers, each attempt's phase, content or reason to stop
        (true, vec![good.clone()], vec![], content()),
        (true, vec![half(&good), good.clone()], vec![Some(Phase::Body), None], content()),
        (true, vec![html.clone(), good.clone()], vec![Some(Phase::Content), None], content()),
        // behind decompression the length is gone, so nobody can say that the same page came as a whole
        (true, vec![html.clone(), html, good.clone()], vec![Some(Phase::Content), Some(Phase::Content), None], content()),
        // without it: a mistake of the stack, which no retry mends
        (false, vec![good], vec![Some(Phase::Content)], Err(StopReason::Permanent)),
    ];
    for (decompress, bodies, phases, result) in table {
        assert_eq!(
            call(which, decompress, bodies.clone()).await,
            (phases, result),
            "{decompress} {bodies:?}"
        );
    }
}
