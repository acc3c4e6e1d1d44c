//! Cases 42 and 44: a body that is dropped at any point leaves nothing, and readiness is waited for.

use crate::{
    reader::{read, request},
    wire::{
        Server,
        Step::{Cut, Reset, Whole},
    },
};
use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};
use tokio::sync::Semaphore;
use tower::{
    ServiceBuilder, ServiceExt,
    buffer::BufferLayer,
    limit::{ConcurrencyLimitLayer, GlobalConcurrencyLimitLayer},
};
use tower_backoff::Backoff;
use tower_content_check::continuation::ContinueLayer;
use tower_retry_policy::{
    RetryLayer, RetryPolicy,
    budget::{InFlightBudget, RetryBudget},
};

const STEPS: [crate::wire::Step; 5] = [Cut(20_000), Reset, Cut(20_000), Cut(0), Whole];

fn policy(budget: &Arc<InFlightBudget>) -> RetryPolicy {
    RetryPolicy::standard()
        .retries(9)
        .backoff(Backoff::constant(Duration::from_millis(100)))
        .budget(Arc::clone(budget))
}

#[tokio::test(start_paused = true)]
async fn case_42_dropped_after_every_poll() {
    let mut polls = 0;
    loop {
        polls += 1;
        let (budget, permits) = (Arc::new(InFlightBudget::new()), Arc::new(Semaphore::new(1)));
        let full = budget.balance();
        let server = Server::new(100_000, STEPS);
        let stack = ServiceBuilder::new()
            .layer(ContinueLayer::new(policy(&budget)))
            .layer(RetryLayer::new(policy(&budget)))
            .layer(GlobalConcurrencyLimitLayer::with_semaphore(Arc::clone(&permits)))
            .service(server.clone());
        let mut left = polls;
        let body = stack.oneshot(request()).await.unwrap().into_body();
        let ended = {
            let mut reading = Box::pin(read(body));
            poll_fn(|cx| match reading.as_mut().poll(cx) {
                Poll::Ready(read) => Poll::Ready(Some(read)),
                Poll::Pending if left == 1 => Poll::Ready(None),
                Poll::Pending => {
                    left -= 1;
                    Poll::Pending
                }
            })
            .await
        };
        let count = server.count();
        assert_eq!((budget.balance(), permits.available_permits(), server.open()), (full, 1, 0), "{polls}");
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(server.count(), count, "no request after it was dropped: {polls}");
        if let Some(read) = ended {
            assert!(read.error.is_none(), "{:?}", read.error);
            break;
        }
    }
    assert!(polls > 4, "{polls}");
}

#[tokio::test(start_paused = true)]
async fn case_44_a_limit_of_one_is_enough_for_many_bodies() {
    let budget = Arc::new(InFlightBudget::new().min(1000));
    let server = Server::new(100_000, STEPS);
    let stack = ServiceBuilder::new()
        .layer(ContinueLayer::new(policy(&budget)))
        .layer(RetryLayer::new(policy(&budget)))
        .layer(ConcurrencyLimitLayer::new(1))
        .service(server.clone());
    let mut tasks = Vec::new();
    for _ in 0..10 {
        let stack = stack.clone();
        tasks.push(tokio::spawn(
            async move { read(stack.oneshot(request()).await.unwrap().into_body()).await },
        ));
    }
    for task in tasks {
        let read = tokio::time::timeout(Duration::from_secs(60), task).await.unwrap().unwrap();
        assert_eq!((read.delivered, read.error.is_none()), (100_000, true));
    }
}

#[tokio::test(start_paused = true)]
async fn case_44_over_a_buffer_inside_and_outside_of_the_retry() {
    let budget = Arc::new(InFlightBudget::new());
    let server = Server::new(100_000, STEPS);
    let inside = ServiceBuilder::new()
        .layer(ContinueLayer::new(policy(&budget)))
        .layer(RetryLayer::new(policy(&budget)))
        .layer(BufferLayer::new(1))
        .layer(ConcurrencyLimitLayer::new(1))
        .service(server.clone());
    let read = pin!(read(inside.oneshot(request()).await.unwrap().into_body())).await;
    assert_eq!((read.delivered, read.error.is_none(), server.count()), (100_000, true, 5));

    let server = Server::new(100_000, STEPS);
    let outside = ServiceBuilder::new()
        .layer(ContinueLayer::new(policy(&budget)))
        .layer(BufferLayer::new(1))
        .layer(RetryLayer::new(policy(&budget)))
        .service(server.clone());
    let read = crate::reader::read(outside.oneshot(request()).await.unwrap().into_body()).await;
    assert_eq!((read.delivered, read.error.is_none(), server.count()), (100_000, true, 5));
}
