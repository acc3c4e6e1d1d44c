//! A policy in the request's extensions holds for its body as for its call.

use crate::{
    reader::{fetch, read, request, stack},
    wire::{
        Server,
        Step::{Cut, Status, Whole},
    },
};
use std::time::Duration;
use tower::{ServiceBuilder, ServiceExt};
use tower_backoff::Backoff;
use tower_content_check::continuation::ContinueLayer;
use tower_retry_policy::{RetryLayer, RetryPatch, RetryPolicy, StopReason};

fn policy(retries: u32, wait: u64) -> RetryPolicy {
    RetryPolicy::standard()
        .retries(retries)
        .backoff(Backoff::constant(Duration::from_millis(wait)))
        .without_budget()
}

#[tokio::test(start_paused = true)]
async fn two_bodies_with_different_policies_do_not_mix() {
    let (patient, hasty) = (Server::new(100_000, [Cut(1)]), Server::new(100_000, [Cut(1), Status(503)]));
    let common = policy(2, 1);
    let (patients, hastys) = (stack(&common, &patient), stack(&common, &hasty));
    let mut request_of_patient = request();
    request_of_patient.extensions_mut().insert(policy(5, 1000));
    let mut request_of_hasty = request();
    request_of_hasty.extensions_mut().insert(policy(3, 10));
    let patients = patients.oneshot(request_of_patient).await.unwrap().into_body();
    let hastys = hastys.oneshot(request_of_hasty).await.unwrap().into_body();
    let (patients, hastys) = tokio::join!(read(patients), read(hastys));
    assert_eq!(patients.refusal().stop_reason(), Some(StopReason::Attempts));
    assert_eq!(hastys.refusal().stop_reason(), Some(StopReason::Attempts));
    assert_eq!(patient.times(), [0, 1000, 2000, 3000, 4000, 5000]);
    assert_eq!(hasty.times(), [0, 10, 20, 30], "the retry below goes by it as well");
}

#[tokio::test(start_paused = true)]
async fn one_service_and_many_bodies_at_once() {
    let server = Server::new(100_000, [Cut(1)]);
    let stack = stack(&policy(1, 1), &server);
    let mut bodies = Vec::new();
    for retries in 1..=5 {
        let mut request = request();
        request.headers_mut().insert("x-name", retries.to_string().parse().unwrap());
        request.extensions_mut().insert(policy(retries, 10));
        bodies.push(stack.clone().oneshot(request).await.unwrap().into_body());
    }
    let reads: Vec<_> = bodies.into_iter().map(|body| tokio::spawn(read(body))).collect();
    for task in reads {
        assert!(task.await.unwrap().refusal().is_exhausted());
    }
    for retries in 1..=5 {
        let name = retries.to_string();
        let of_it = server.asked().into_iter().filter(|asked| asked.name.as_deref() == Some(&*name)).count();
        assert_eq!(of_it, retries + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn never_is_never() {
    let server = Server::new(100_000, [Cut(10), Whole]);
    let mut request = request();
    request.extensions_mut().insert(RetryPolicy::never());
    let read = fetch(stack(&policy(9, 1), &server), request).await;
    assert_eq!((read.refusal().stop_reason(), server.count()), (Some(StopReason::Attempts), 1));
}

#[tokio::test(start_paused = true)]
async fn a_condition_is_asked_of_breaks_too() {
    let only_early = policy(9, 1).retry_if(|attempt| {
        assert_eq!(attempt.uri().path(), "/file");
        assert!(attempt.status().is_some() || attempt.cause::<std::io::Error>().is_some());
        attempt.number() < 3
    });
    let server = Server::new(100_000, [Cut(10)]);
    let read = fetch(stack(&only_early, &server), request()).await;
    assert_eq!((read.refusal().stop_reason(), server.count()), (Some(StopReason::NotRetryable), 3));
}

#[tokio::test(start_paused = true)]
async fn a_patch_holds_for_the_body_and_for_the_retry_below() {
    let server = Server::new(100_000, [Cut(1), Status(503)]);
    let mut request = request();
    request.extensions_mut().insert(RetryPatch::new(|policy| policy.retries(3)));
    let read = fetch(stack(&policy(1, 10), &server), request).await;
    assert_eq!(read.refusal().stop_reason(), Some(StopReason::Attempts));
    assert_eq!(server.times(), [0, 10, 20, 30], "the layers' wait, and the patch's count over both layers");
}

#[tokio::test(start_paused = true)]
async fn bodies_follow_the_policy_that_is_in_use_when_their_response_comes() {
    let server = Server::new(100_000, [Cut(1)]);
    let mut layer = RetryLayer::new(policy(1, 10));
    let handle = layer.handle();
    let stack = ServiceBuilder::new().layer(ContinueLayer::new(handle.clone())).layer(layer);
    let stack = stack.service(server.clone());
    handle.replace(policy(2, 10));
    let body = stack.clone().oneshot(request()).await.unwrap().into_body();
    handle.replace(RetryPolicy::never());
    assert_eq!(read(body).await.refusal().stop_reason(), Some(StopReason::Attempts));
    assert_eq!(server.times(), [0, 10, 20], "it began under the second");
    let body = stack.oneshot(request()).await.unwrap().into_body();
    assert!(read(body).await.error.is_some());
    assert_eq!(server.times().len(), 4, "and the next one under the third");
}

/// The request for the rest is made outside the retry, of the head that the caller gave.
#[tokio::test(start_paused = true)]
async fn a_continuation_begins_with_the_callers_head_and_calls_the_hook_anew() {
    let server = Server::new(1000, [Status(401), Cut(10), Status(401), Cut(10), Whole]);
    let policy = policy(9, 10).retry_unauthorized(true);
    let retry = RetryLayer::new(policy.clone()).before_retry(|_, mut next| async move {
        next.headers.insert("x-name", "fresh".parse()?);
        Ok(next)
    });
    let stack = ServiceBuilder::new().layer(ContinueLayer::new(policy)).layer(retry).service(server.clone());
    let mut request = request();
    request.headers_mut().insert("x-name", "old".parse().unwrap());
    let read = fetch(stack, request).await;
    assert_eq!((read.delivered, read.error.map(|error| error.to_string())), (1000, None));
    let names: Vec<_> = server.asked().into_iter().map(|asked| asked.name.unwrap()).collect();
    assert_eq!(names, ["old", "fresh", "old", "fresh", "old"]);
}
