//! What stands above: a retry that begins anew, and layers that continue by themselves (case 52).

use crate::{
    reader::{Stack, request, stack},
    wire::{
        Empty, Server,
        Step::{self, Changed, Cut, Status, Whole},
    },
};
use http::{Request, Response};
use std::time::Duration;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt};
use tower_backoff::Backoff;
use tower_content_check::{
    ContentCheckLayer,
    check::Length,
    continuation::{ContinueError, ContinueLayer},
    resume::{ResumableLayer, ResumeLayer},
};
use tower_retry_policy::{Phase, RetryError, RetryLayer, RetryPolicy, StopReason};

fn policy(retries: u32) -> RetryPolicy {
    let waits = Backoff::constant(Duration::from_millis(10));
    RetryPolicy::standard().retries(retries).backoff(waits).without_budget()
}

/// A retry that begins anew with the whole.
async fn whole(server: &Server, outer: RetryPolicy) -> Result<u64, BoxError> {
    let stack: Stack = stack(&policy(3), server);
    let above = ServiceBuilder::new()
        .layer(RetryLayer::new(outer))
        .layer(ContentCheckLayer::new(Length::new()))
        .service(stack);
    let body = above.oneshot(request()).await?.into_body().into_bytes().await?;
    Ok(body.len() as u64)
}

#[tokio::test(start_paused = true)]
async fn changed_content_is_begun_anew_and_what_was_given_up_is_not() {
    let (gone, forbidden) = (Status(404), Status(403));
    let table: [(&[Step], usize, Option<StopReason>); 4] = [
        (&[Cut(10), Changed, Whole], 3, None),
        // four requests without progress; not sixteen
        (&[Cut(10)], 4, None),
        (&[Cut(10), gone, Whole], 2, Some(StopReason::Permanent)),
        (&[Cut(10), forbidden, Whole], 2, Some(StopReason::Permanent)),
    ];
    for (steps, count, stop) in table {
        let server = Server::new(100_000, steps.iter().copied());
        let outcome = whole(&server, policy(3)).await;
        assert_eq!(server.count(), count, "{steps:?}");
        match outcome {
            Ok(read) => assert_eq!((read, stop), (100_000, None), "{steps:?}"),
            Err(error) => {
                let own = RetryError::find(&*error).and_then(RetryError::stop_reason);
                assert_eq!(own, stop, "{steps:?}: {error}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_given_up_is_begun_anew_if_one_wants_it() {
    let server = Server::new(100_000, [Cut(10), Cut(0), Cut(0), Cut(0), Whole]);
    assert_eq!(whole(&server, policy(3).retry_exhausted_inner(true)).await.unwrap(), 100_000);
    assert_eq!(server.count(), 5);
}

#[tokio::test(start_paused = true)]
async fn the_phase_says_how_a_body_ended() {
    let table: [(&[Step], Phase); 4] = [
        (&[Cut(10), Changed], Phase::Content),
        (&[Cut(10), Status(410)], Phase::Content),
        (&[Cut(10)], Phase::Body),
        (&[Cut(10), Status(503)], Phase::Body),
    ];
    for (steps, phase) in table {
        let server = Server::new(100_000, steps.iter().copied());
        let read = crate::reader::fetch(stack(&policy(3), &server), request()).await;
        let error = read.error.unwrap();
        assert!(error.is::<ContinueError>());
        assert_eq!(Phase::of(&*error), phase, "{steps:?}: {error}");
    }
}

async fn count<S, B>(service: S, server: &Server) -> usize
where
    S: Service<Request<Empty>, Response = Response<B>, Error = BoxError>,
    B: http_body::Body<Data = bytes::Bytes, Error: Into<BoxError>>,
{
    use http_body_util::BodyExt;
    let response = service.oneshot(request()).await.unwrap();
    let read = response.into_body().collect().await.map_err(Into::into).unwrap().to_bytes();
    assert_eq!(read.len(), 100_000);
    assert!(read == crate::wire::contents(100_000));
    server.count()
}

#[tokio::test(start_paused = true)]
async fn case_52_nothing_is_continued_twice() {
    let steps = [Cut(40_000), Cut(10), Whole];

    // below the retry stands what continues attempts, and a check that collects
    let server = Server::new(100_000, steps);
    let below = ServiceBuilder::new()
        .layer(ContinueLayer::new(policy(3)))
        .layer(ResumableLayer::new())
        .layer(RetryLayer::new(policy(3)))
        .layer(ContentCheckLayer::new(Length::new()))
        .layer(ResumeLayer::new())
        .service(server.clone());
    assert_eq!(count(below, &server).await, 3);

    // the same above it
    let server = Server::new(100_000, steps);
    let above = ServiceBuilder::new()
        .layer(ResumableLayer::new())
        .layer(RetryLayer::new(policy(3)))
        .layer(ContentCheckLayer::new(Length::new()))
        .layer(ResumeLayer::new())
        .layer(ContinueLayer::new(policy(3)))
        .layer(RetryLayer::new(policy(3)))
        .service(server.clone());
    assert_eq!(count(above, &server).await, 3);

    // and twice the same layer
    let server = Server::new(100_000, steps);
    let twice = ServiceBuilder::new()
        .layer(ContinueLayer::new(policy(3)))
        .layer(ContinueLayer::new(policy(3)))
        .layer(RetryLayer::new(policy(3)))
        .service(server.clone());
    assert_eq!(count(twice, &server).await, 3);
    let server = Server::new(100_000, [Cut(10)]);
    let twice = ServiceBuilder::new()
        .layer(ContinueLayer::new(policy(3)))
        .layer(ContinueLayer::new(policy(3)))
        .layer(RetryLayer::new(policy(3)))
        .service(server.clone());
    let read = crate::reader::fetch(twice, request()).await;
    assert!(read.error.is_some());
    assert_eq!(server.count(), 4);
}

#[tokio::test(start_paused = true)]
async fn towers_own_loop_has_the_same_count() {
    for steps in [&[Cut(0)][..], &[Cut(10), Status(503)], &[Status(503), Cut(10), Status(503), Cut(0)]] {
        let server = Server::new(100_000, steps.iter().copied());
        let stack = ServiceBuilder::new()
            .layer(ContinueLayer::new(policy(3)))
            .retry(policy(3))
            .service(server.clone());
        let read = crate::reader::fetch(stack, request()).await;
        assert_eq!(read.refusal().stop_reason(), Some(StopReason::Attempts), "{steps:?}");
        assert_eq!(server.count(), 4, "{steps:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_is_not_told_of_the_stream_is_counted_when_it_has_ended() {
    let reset = Step::Reset;
    let table: [(&[Step], usize); 3] =
        [(&[Cut(10), Cut(0)], 4), (&[Cut(10), reset], 5), (&[Cut(10), reset, reset, reset, Cut(0)], 5)];
    for (steps, count) in table {
        let server = Server::new(100_000, steps.iter().copied());
        let stack = ServiceBuilder::new()
            .layer(ContinueLayer::new(policy(3)))
            // as tower-http's redirects do it across origins
            .map_request(|mut request: Request<Empty>| {
                request.extensions_mut().clear();
                request
            })
            .layer(RetryLayer::new(policy(3)))
            .service(server.clone());
        let read = crate::reader::fetch(stack, request()).await;
        assert_eq!(read.refusal().stop_reason(), Some(StopReason::Attempts), "{steps:?}");
        assert_eq!(server.count(), count, "{steps:?}");
    }
}
