//! HTTP/2, in virtual time: calls that make no connection of their own because another call is making one.

use crate::{
    connector::Connector,
    paused::{phases, post, seconds, stack},
};
use bytes::Bytes;
use http::Method;
use std::time::Duration;
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};
use tower::ServiceExt;
use tower_retry_policy::{History, Phase};

#[tokio::test(start_paused = true)]
async fn calls_that_wait_for_the_connection_of_another() {
    // the first connection never comes about, a later one at once: all are sent, once each
    let connector = Connector::new([None, seconds(0)]);
    let stack_of_all = stack(&connector, true);
    let mut calls = JoinSet::new();
    for body in ["0", "1", "2", "3", "4"] {
        let stack = stack_of_all.clone();
        calls.spawn(async move { stack.oneshot(post(body)).await.unwrap() });
        // so that they do not all time out at the same instant
        sleep(Duration::from_millis(100)).await;
    }
    while let Some(call) = calls.join_next().await {
        if let Some(history) = History::of(&call.unwrap()) {
            assert!(phases(history).iter().all(|phase| matches!(phase, Some(Phase::Connect) | None)));
        }
    }
    let mut bodies: Vec<_> = connector.log().requests().into_iter().map(|(_, body)| body).collect();
    bodies.sort();
    assert_eq!(bodies, ["0", "1", "2", "3", "4"]);
}

/// The call that makes the connection is given up by its caller; the one that waits for it is none the worse.
#[tokio::test(start_paused = true)]
async fn the_call_that_connects_is_given_up() {
    let connector = Connector::new([None, seconds(1)]);
    let stack_of_both = stack(&connector, true);
    let first = stack_of_both.clone().oneshot(post("first"));
    let second = tokio::spawn({
        let stack = stack_of_both.clone();
        async move {
            sleep(Duration::from_millis(10)).await;
            stack.oneshot(post("second")).await
        }
    });
    timeout(Duration::from_secs(2), first).await.unwrap_err();
    assert!(second.await.unwrap().is_ok());
    assert_eq!(connector.log().requests(), [(Method::POST, Bytes::from("second"))]);
}
