//! What the server asks for, and who obeys.

use crate::{
    reader::{fetch, request, stack},
    wire::{
        Server,
        Step::{self, Busy, Cut, Silent, Status, Whole},
    },
};
use std::time::Duration;
use tower::ServiceBuilder;
use tower_backoff::Backoff;
use tower_content_check::continuation::ContinueLayer;
use tower_retry_policy::{AttemptTimeoutLayer, RetryAfter, RetryLayer, RetryPolicy, StopReason};

fn policy() -> RetryPolicy {
    RetryPolicy::standard().backoff(Backoff::constant(Duration::from_millis(100))).without_budget()
}

#[tokio::test(start_paused = true)]
async fn case_27_retry_after_is_waited_for_by_the_retry_below() {
    let server = Server::new(100_000, [Cut(10), Busy("7"), Whole]);
    let read = fetch(stack(&policy(), &server), request()).await;
    assert!(read.error.is_none(), "{:?}", read.error);
    assert_eq!(server.times(), [0, 100, 7100]);
}

#[tokio::test(start_paused = true)]
async fn retry_after_that_reaches_the_stream_is_obeyed() {
    let server = Server::new(100_000, [Cut(10), Busy("7"), Whole]);
    let stack = ServiceBuilder::new().layer(ContinueLayer::new(policy())).service(server.clone());
    let read = fetch(stack, request()).await;
    assert!(read.error.is_none(), "{:?}", read.error);
    assert_eq!(server.times(), [0, 100, 7100]);
}

#[tokio::test(start_paused = true)]
async fn retry_after_that_is_too_long_ends_the_stream() {
    let policy = policy().retry_after(RetryAfter::Refuse(Duration::from_secs(5)));
    for below in [true, false] {
        let server = Server::new(100_000, [Cut(10), Busy("7"), Whole]);
        let read = if below {
            fetch(stack(&policy, &server), request()).await
        } else {
            let stack =
                ServiceBuilder::new().layer(ContinueLayer::new(policy.clone())).service(server.clone());
            fetch(stack, request()).await
        };
        let reason = StopReason::RetryAfterTooLong(Duration::from_secs(7));
        assert_eq!((read.refusal().stop_reason(), server.count()), (Some(reason), 2), "{below}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_status_that_the_policy_does_not_retry_ends_the_stream() {
    for below in [true, false] {
        let server = Server::new(100_000, [Cut(10), Status(501), Whole]);
        let read = if below {
            fetch(stack(&policy(), &server), request()).await
        } else {
            let stack = ServiceBuilder::new().layer(ContinueLayer::new(policy())).service(server.clone());
            fetch(stack, request()).await
        };
        assert_eq!(read.refusal().stop_reason(), Some(StopReason::NotRetryable), "{below}");
        assert_eq!(server.count(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn case_41_the_idle_clock_runs_only_while_somebody_reads() {
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    let server = Server::new(100_000, [Step::Silent(30_000), Whole]);
    let stack = ServiceBuilder::new()
        .layer(ContinueLayer::new(policy()))
        .layer(RetryLayer::new(policy()))
        .layer(AttemptTimeoutLayer::new().head(Duration::from_secs(1)).idle(Duration::from_secs(5)))
        .service(server.clone());
    let mut body = Box::pin(stack.oneshot(request()).await.unwrap().into_body());
    let mut delivered = body.frame().await.unwrap().unwrap().into_data().unwrap().len();
    // the consumer is away, and the server dies
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(server.count(), 1);
    while let Some(frame) = body.frame().await {
        delivered += frame.unwrap().into_data().unwrap().len();
    }
    assert_eq!(delivered, 100_000);
    assert_eq!(server.times(), [0, 605_100], "idle is counted from the poll that waits");
}

#[tokio::test(start_paused = true)]
async fn silence_is_told_with_its_limit() {
    let server = Server::new(100_000, [Silent(10)]);
    let policy = policy();
    let stack = ServiceBuilder::new()
        .layer(ContinueLayer::new(policy.clone()))
        .layer(RetryLayer::new(policy.retries(1)))
        .layer(AttemptTimeoutLayer::new().idle(Duration::from_secs(5)))
        .service(server.clone());
    let read = fetch(stack, request()).await;
    let story = read.refusal().history().to_string();
    assert!(story.contains("silent") || story.contains("5 s"), "{story}");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_held_while_the_body_waits() {
    let slow = RetryPolicy::standard().backoff(Backoff::constant(Duration::from_secs(100))).without_budget();
    let server = Server::new(100_000, [Cut(10), Status(503), Whole]);
    let stack = stack(&slow, &server);
    let read = tokio::spawn(fetch(stack, request()));
    for at in [50, 150] {
        tokio::time::sleep(Duration::from_secs(at) - Duration::from_secs(at / 100 * 50)).await;
        assert_eq!(server.open(), 0, "no body at {at} s");
    }
    assert!(read.await.unwrap().error.is_none());
    assert_eq!(server.times(), [0, 100_000, 200_000]);
}
