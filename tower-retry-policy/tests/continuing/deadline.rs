//! Case 38: the deadline in the wait, before the head, in the body.

use crate::{
    reader::{fetch, request, stack},
    wire::{
        Server,
        Step::{Busy, Cut, Silent, Whole},
    },
};
use std::time::Duration;
use tokio::time::Instant;
use tower::{ServiceBuilder, ServiceExt};
use tower_backoff::Backoff;
use tower_content_check::continuation::ContinueLayer;
use tower_retry_policy::{AttemptTimeoutLayer, Deadline, DeadlineLayer, RetryLayer, RetryPolicy, StopReason};

fn policy(wait: Duration) -> RetryPolicy {
    RetryPolicy::standard().retries(100).backoff(Backoff::constant(wait)).without_budget()
}

#[tokio::test(start_paused = true)]
async fn case_38_a_wait_beyond_it_ends_the_stream_at_once() {
    let started = Instant::now();
    let server = Server::new(100_000, [Cut(10), Cut(1), Whole]);
    let mut request = request();
    request.extensions_mut().insert(Deadline::after(Duration::from_secs(15)));
    let read = fetch(stack(&policy(Duration::from_secs(10)), &server), request).await;
    assert!(read.refusal().is_deadline());
    // the first wait ends before it, the second would not
    assert_eq!((started.elapsed(), server.times()), (Duration::from_secs(10), vec![0, 10_000]));
}

#[tokio::test(start_paused = true)]
async fn case_38_what_the_server_asks_for_beyond_it_ends_the_stream_at_once() {
    for below in [true, false] {
        let started = Instant::now();
        let server = Server::new(100_000, [Cut(10), Busy("20"), Whole]);
        let mut request = request();
        request.extensions_mut().insert(Deadline::after(Duration::from_secs(15)));
        let policy = policy(Duration::from_secs(1));
        let read = if below {
            fetch(stack(&policy, &server), request).await
        } else {
            let stack = ServiceBuilder::new().layer(ContinueLayer::new(policy)).service(server.clone());
            fetch(stack, request).await
        };
        assert_eq!(read.refusal().stop_reason(), Some(StopReason::Deadline), "{below}");
        assert_eq!((started.elapsed(), server.count()), (Duration::from_secs(1), 2), "{below}");
    }
}

#[tokio::test(start_paused = true)]
async fn case_38_in_the_body_it_ends_at_that_instant() {
    for with_layer in [true, false] {
        let started = Instant::now();
        let server = Server::new(100_000, [Cut(10), Silent(10)]);
        let policy = policy(Duration::from_secs(1));
        let stack = ServiceBuilder::new()
            .layer(ContinueLayer::new(policy.clone()))
            .layer(RetryLayer::new(policy))
            // each message is clamped by it as well
            .layer(AttemptTimeoutLayer::new())
            .service(server.clone());
        if with_layer {
            let stack =
                ServiceBuilder::new().layer(DeadlineLayer::new(Duration::from_secs(15))).service(stack);
            let response = stack.oneshot(request()).await.unwrap();
            let read = crate::reader::read(response.into_body()).await;
            assert!(read.error.is_some());
            assert_eq!(read.delivered, 20);
        } else {
            let mut request = request();
            request.extensions_mut().insert(Deadline::after(Duration::from_secs(15)));
            let read = fetch(stack, request).await;
            assert!(read.refusal().is_deadline());
        }
        assert_eq!((started.elapsed(), server.count()), (Duration::from_secs(15), 2), "{with_layer}");
    }
}
