//! Two attempts at once over real connections: the server has read the first upload and is silent.

use crate::{
    connections::{Server, Turn, client, content},
    upload::{Gate, Step, Upload, data, trailers},
};
use bytes::Bytes;
use http::Response;
use http_body::Body;
use http_body_util::BodyExt;
use std::{error::Error, iter, sync::Arc, time::Duration};
use tokio::{sync::oneshot, time::timeout};
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_retry_policy::{
    AttemptRecord, History, ReplayBodyError, ReplayBodyLayer, RetryLayer, RetryPolicy, StopReason,
    retry::Hedge,
};

const KIB: usize = 1024;
const DELAY: Duration = Duration::from_millis(40);

async fn put<B>(http2: bool, server: &Server, upload: B) -> Result<Response<()>, BoxError>
where
    B: Body + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    let service = ServiceBuilder::new()
        .layer(ReplayBodyLayer::new().limit(256 * KIB))
        .layer(RetryLayer::new(RetryPolicy::standard()).hedge(Hedge::after(DELAY).at_once(3)))
        .service(client(http2));
    // a call that waits for ever is a failure of the test
    let call = timeout(Duration::from_secs(20), service.oneshot(server.put(upload)));
    Ok(call.await??.map(drop))
}

/// The content in frames whose lengths depend on the seed.
fn cut(content: &Bytes, seed: u64) -> Vec<Step> {
    let mut rest = content.clone();
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    iter::from_fn(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let longest = [2, 1500, 4 * KIB, 20 * KIB][(state % 4) as usize];
        let len = (state >> 8) as usize % longest;
        (!rest.is_empty()).then(|| Step::Data(rest.split_to(rest.len().min(len))))
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_has_read_the_upload_and_is_silent() {
    for http2 in [false, true] {
        for seed in 0..24 {
            let (known, tailed, silent) = (seed % 2 == 0, seed % 3 == 0, 1 + seed as usize % 2);
            let server = Server::new(http2, vec![Turn::IsSilent; silent]).await;
            let content = content(200 * KIB / (1 + seed as usize));
            let mut steps = cut(&content, seed);
            // a body of a known length has no trailers over HTTP/1
            if tailed && !known {
                steps.push(trailers("digest", "x"));
            }
            let upload = Upload::new(steps);
            let upload = if known { upload.known() } else { upload };
            let response = put(http2, &server, upload).await.unwrap();
            let told = format!("HTTP/2: {http2}, seed {seed}");
            let attempts = History::of(&response).unwrap().attempts();
            let abandoned: Vec<_> = attempts.iter().map(AttemptRecord::is_abandoned).collect();
            assert_eq!(abandoned, [vec![true; silent], vec![false]].concat(), "{told}");
            let whole = server.whole();
            assert_eq!(whole.len(), silent + 1, "{told}");
            for (data, trailers) in whole {
                assert!(data == content, "{told}: {} bytes of {}", data.len(), content.len());
                assert_eq!(trailers.is_some(), tailed && !known, "{told}");
            }
        }
    }
}

/// A slow uploader is not a slow server: one request until the last byte has come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_comes_slowly_is_not_doubted() {
    for http2 in [false, true] {
        let server = Server::new(http2, [Turn::IsSilent]).await;
        let gate = Gate::default();
        let upload = Upload::new([data("one "), Step::Waits(gate.clone()), data("two")]);
        let comes = 8 * DELAY;
        tokio::spawn(async move {
            tokio::time::sleep(comes).await;
            gate.open();
        });
        let began = tokio::time::Instant::now();
        let response = put(http2, &server, upload).await.unwrap();
        assert!(began.elapsed() >= comes);
        let history = History::of(&response).unwrap();
        assert_eq!(history.attempts().len(), 2, "HTTP/2: {http2}");
        assert!(history.attempts().last().unwrap().began() >= comes - DELAY / 2, "HTTP/2: {http2}");
        for (data, _) in server.whole() {
            assert_eq!(data, "one two");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_fails_or_ends_short_or_long_is_sent_once_and_never_whole() {
    let steps = || vec![data("one "), data("two "), data("three")];
    for http2 in [false, true] {
        let failing = [steps(), vec![Step::Fails]].concat();
        for upload in
            [Upload::new(failing), Upload::new(steps()).announces(14), Upload::new(steps()).announces(12)]
        {
            let told = format!("HTTP/2: {http2}, {upload:?}");
            let server = Server::new(http2, []).await;
            let error = put(http2, &server, upload).await.unwrap_err();
            let retried = tower_retry_policy::RetryError::find(&*error).unwrap();
            assert_eq!(retried.history().attempts().len(), 1, "{told}");
            assert!(server.whole().is_empty(), "{told}");
            if http2 {
                // h2 tells of a reset by the user, and not why
                assert_eq!(retried.stop_reason(), Some(StopReason::BodyNotReplayable), "{told}");
                continue;
            }
            let causes = iter::successors(Some(&*error as &(dyn Error + 'static)), |error| (*error).source());
            let body = causes.filter_map(|cause| cause.downcast_ref::<ReplayBodyError>()).next();
            assert!(body.is_some_and(|body| body.is_inner() || body.is_wrong_length()), "{told}: {error:?}");
            assert_eq!(retried.stop_reason(), Some(StopReason::NotRetryable), "{told}");
        }
    }
}

/// Wherever a call is dropped, nobody keeps its upload: not the connection of an attempt, and not that of the one
/// beside it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_dropped_lets_go_of_the_upload() {
    for http2 in [false, true] {
        for millis in [0, 1, 2, 5, 20, 39, 40, 41, 45, 80, 90] {
            for comes in [true, false] {
                let server = Server::new(http2, [Turn::IsSilent; 9]).await;
                let mut steps = cut(&content(100 * KIB), millis);
                if !comes {
                    steps.push(Step::Waits(Gate::default()));
                    steps.push(data("never"));
                }
                let (held, gone) = oneshot::channel::<()>();
                let held = Arc::new(held);
                let upload = Upload::new(steps).map_frame(move |frame| {
                    let _held = &held;
                    frame
                });
                timeout(Duration::from_millis(millis), put(http2, &server, upload)).await.unwrap_err();
                let let_go = timeout(Duration::from_secs(20), gone).await;
                assert!(let_go.is_ok(), "HTTP/2: {http2}, after {millis} ms, whole: {comes}");
            }
        }
    }
}
