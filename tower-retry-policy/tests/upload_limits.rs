//! The limit on the head while a request's body is on its way: whoever is slow there is not the server.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, channel::Channel};
use std::{
    convert::Infallible,
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_retry_policy::{
    AttemptTimeoutLayer, Deadline, ReplayBody, ReplayBodyLayer, RetryLayer, RetryPolicy,
    attempt_timeout::AttemptTimeoutError,
};

const HEAD: Duration = Duration::from_secs(3);
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

/// What the server does.
#[derive(Clone, Copy, Debug)]
enum Server {
    /// Waits so long, reads the upload as it comes, and answers so many seconds after its end.
    Reads(u64, u64),
    ReadsAndIsSilent,
    /// Reads one frame, and nothing more.
    ReadsOne,
    ReadsNothing,
    /// Waits for a frame for two seconds, and closes the upload's way then.
    GivesUpOnIt,
}

async fn serve(server: Server, request: Request<ReplayBody>) -> Result<Response<Full<Bytes>>, BoxError> {
    let mut body = request.into_body();
    match server {
        Server::Reads(first, later) => {
            sleep(SECOND * first as u32).await;
            body.collect().await?;
            sleep(SECOND * later as u32).await;
            return Ok(Response::default());
        }
        Server::ReadsAndIsSilent => drop(body.collect().await?),
        Server::ReadsOne => {
            let _ = body.frame().await;
            pending::<()>().await;
        }
        Server::ReadsNothing => pending::<()>().await,
        Server::GivesUpOnIt => {
            let _ = timeout(2 * SECOND, body.frame()).await;
            drop(body);
        }
    }
    pending().await
}

/// A frame a second, and then the end, or nothing.
fn upload(frames: u32, ends: bool) -> Channel<Bytes> {
    let (mut sender, body) = Channel::new(1);
    tokio::spawn(async move {
        for _ in 0..frames {
            sleep(SECOND).await;
            if sender.send_data(Bytes::from_static(b"some of it")).await.is_err() {
                return;
            }
        }
        if !ends {
            pending::<()>().await;
        }
    });
    body
}

/// How the call ended, and after how many seconds.
async fn outcome(
    mut service: impl Service<Request<ReplayBody>, Response = Response<impl Sized>, Error = BoxError>,
    body: impl Into<Option<ReplayBody>>,
    deadline: Option<Deadline>,
) -> (&'static str, u64) {
    let mut request = Request::new(body.into().unwrap_or_default());
    deadline.map(|deadline| request.extensions_mut().insert(deadline));
    let start = Instant::now();
    let end = match timeout(HOUR, service.ready().await.unwrap().call(request)).await {
        Err(_) => "none",
        Ok(Ok(_)) => "answered",
        Ok(Err(error)) => {
            let error = error.downcast::<AttemptTimeoutError>().unwrap();
            match (error.is_head(), error.is_total(), error.is_deadline()) {
                (true, false, false) => "head",
                (false, true, false) => "total",
                (false, false, true) => "deadline",
                _ => panic!("{error}"),
            }
        }
    };
    (end, start.elapsed().as_secs())
}

#[tokio::test(start_paused = true)]
async fn the_head_is_waited_for_when_the_upload_is_not() {
    use Server::{GivesUpOnIt, Reads, ReadsAndIsSilent, ReadsNothing, ReadsOne};
    let head = || AttemptTimeoutLayer::new().head(HEAD);
    let stalled = (2, false);
    // limits, server, frames of the upload and whether it ends; how the call ends, and when
    let table = [
        (head(), Reads(0, 2), (10, true), ("answered", 12)),
        (head(), Reads(2, 2), (10, true), ("answered", 12)),
        (head(), Reads(4, 0), (10, true), ("head", 3)),
        (head(), ReadsAndIsSilent, (10, true), ("head", 13)),
        (head(), ReadsNothing, (10, true), ("head", 3)),
        (head(), ReadsOne, (10, true), ("head", 4)),
        (head(), GivesUpOnIt, (0, false), ("head", 5)),
        // whoever wants to end that limits the body, or the whole
        (head(), Reads(0, 0), stalled, ("none", 3600)),
        (head().total(5 * SECOND), Reads(0, 0), stalled, ("total", 5)),
        (head().total(5 * SECOND), Reads(0, 0), (10, true), ("total", 5)),
        (head().total(HEAD), ReadsNothing, stalled, ("head", 3)),
        (head().total(12 * SECOND), ReadsAndIsSilent, (10, true), ("total", 12)),
        (AttemptTimeoutLayer::new(), Reads(0, 0), (10, true), ("answered", 10)),
    ];
    for (limits, server, (frames, ends), expected) in table {
        let service = ServiceBuilder::new().layer(limits).service_fn(move |request| serve(server, request));
        let body = ReplayBody::new(upload(frames, ends));
        assert_eq!(outcome(service, body, None).await, expected, "{limits:?} {server:?} {frames} {ends}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_counts_the_upload() {
    for server in [Server::Reads(0, 0), Server::ReadsAndIsSilent] {
        let service = ServiceBuilder::new()
            .layer(AttemptTimeoutLayer::new().head(HEAD))
            .service_fn(move |request| serve(server, request));
        let deadline = Deadline::after(5 * SECOND);
        let body = ReplayBody::new(upload(10, true));
        assert_eq!(outcome(service, body, Some(deadline)).await, ("deadline", 5));
    }
}

/// What is there already needs nobody's time; what is not recorded cannot tell.
#[tokio::test(start_paused = true)]
async fn a_body_that_is_there_does_not_move_the_limit() {
    let silent = || {
        ServiceBuilder::new()
            .layer(AttemptTimeoutLayer::new().head(HEAD))
            .service_fn(|request| serve(Server::ReadsAndIsSilent, request))
    };
    assert_eq!(outcome(silent(), ReplayBody::from("all of it"), None).await, ("head", 3));
    assert_eq!(outcome(silent(), None, None).await, ("head", 3));

    let other = service_fn(|request: Request<Channel<Bytes>>| async {
        request.into_body().collect().await.unwrap();
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
    });
    let start = Instant::now();
    let call = AttemptTimeoutLayer::new().head(HEAD);
    let call = ServiceBuilder::new().layer(call).service(other).oneshot(Request::new(upload(10, true)));
    assert!(call.await.unwrap_err().downcast::<AttemptTimeoutError>().unwrap().is_head());
    assert_eq!(start.elapsed(), HEAD);
}

#[tokio::test(start_paused = true)]
async fn a_slow_uploader_is_not_tried_again() {
    let attempts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&attempts);
    let stack = ServiceBuilder::new()
        .layer(ReplayBodyLayer::new())
        .layer(RetryLayer::new(RetryPolicy::standard()))
        .layer(AttemptTimeoutLayer::new().head(HEAD))
        .service_fn(move |request| {
            counted.fetch_add(1, Relaxed);
            serve(Server::Reads(0, 1), request)
        });
    let request = Request::put("/").body(upload(60, true)).unwrap();
    assert_eq!(stack.oneshot(request).await.unwrap().status(), 200);
    assert_eq!(attempts.load(Relaxed), 1);
}
