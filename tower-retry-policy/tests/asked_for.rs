//! What the policy does only when it is asked to: gRPC's statuses and pushback, rate limit resets, the attempt header.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use self::support::{Answer, Script, request};
use http::{HeaderName, Response};
use std::time::Duration;
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_backoff::Backoff;
use tower_retry_policy::{AttemptRecord, History, RetryPolicy, StopReason};

const SECOND: Duration = Duration::from_secs(1);
const UNAVAILABLE: u8 = 14;

fn policy() -> RetryPolicy {
    RetryPolicy::standard().retries(3).backoff(Backoff::schedule([SECOND, 2 * SECOND, 4 * SECOND]))
}

async fn call(
    policy: RetryPolicy,
    script: &Script,
    method: &str,
) -> Result<Response<support::Body>, BoxError> {
    ServiceBuilder::new().retry(policy).service(script.clone()).oneshot(request(method)).await
}

fn stop(response: &Response<support::Body>) -> Option<StopReason> {
    History::of(response).and_then(History::stop_reason)
}

#[tokio::test(start_paused = true)]
async fn grpc_statuses_in_the_head_are_retried_where_that_was_asked_for_and_allowed() {
    let grpc = || policy().grpc([UNAVAILABLE]);
    #[rustfmt::skip]
    let table = [
        // policy, method, status in the head, requests sent
        (policy().any_method(), "POST", "14", 1),
        (grpc().any_method(),   "POST", "14", 4),
        (grpc().any_method(),   "POST", "0",  1),
        (grpc().any_method(),   "POST", "13", 1),
        // gRPC's calls are POSTs: permission is a question of its own
        (grpc(),                "POST", "14", 1),
    ];
    for (policy, method, status, sent) in table {
        let script = Script::new([Answer::With(200, "grpc-status", status)]);
        let _ = call(policy.clone(), &script, method).await.unwrap();
        assert_eq!(script.count(), sent, "{method} {status} {policy:?}");
    }
    // a "200" in the history would tell nobody why there was a second attempt
    let script = Script::new([Answer::With(200, "grpc-status", "14"), Answer::Status(200)]);
    let response = call(grpc().any_method(), &script, "POST").await.unwrap();
    let history = History::of(&response).unwrap();
    assert_eq!(history.to_string(), "2 attempts in 1.0 s; 1: grpc-status 14, waited 1.0 s; 2: 200");
    let codes: Vec<_> = history.attempts().iter().map(AttemptRecord::grpc_status).collect();
    assert_eq!(codes, [Some(14), None]);
}

#[tokio::test(start_paused = true)]
async fn pushback_is_obeyed_to_the_millisecond_and_begins_the_backoff_anew() {
    let pushback = |value| Answer::With(503, "grpc-retry-pushback-ms", value);
    let script = Script::new([Answer::Status(503), pushback("10"), Answer::Status(503), Answer::Status(200)]);
    call(policy().grpc([UNAVAILABLE]), &script, "GET").await.unwrap();
    assert_eq!(script.times(), [0, 1_000, 1_010, 2_010], "1 s, the pushback, and 1 s again");

    let script = Script::new([pushback("-1")]);
    let response = call(policy().grpc([UNAVAILABLE]), &script, "GET").await.unwrap();
    assert_eq!((script.count(), stop(&response)), (1, Some(StopReason::Pushback)));

    let script = Script::new([pushback("-1"), Answer::Status(200)]);
    call(policy(), &script, "GET").await.unwrap();
    assert_eq!(script.count(), 2, "by default the field means nothing");
}

#[tokio::test(start_paused = true)]
async fn a_rate_limits_reset_is_waited_for_where_that_was_asked_for() {
    let limited = Answer::With(429, "ratelimit", "\"default\";r=0;t=30");
    let older = Answer::With(429, "x-ratelimit-reset", "30");
    for answer in [limited, older] {
        for (policy, second_attempt) in [(policy(), 1_000), (policy().rate_limit_reset(true), 30_000)] {
            let script = Script::new([answer.clone(), Answer::Status(200)]);
            call(policy, &script, "GET").await.unwrap();
            assert_eq!(script.times(), [0, second_attempt], "{answer:?}");
        }
    }
    // as with Retry-After: longer than the limit is refused, and tells what was asked
    let script = Script::new([Answer::With(429, "x-ratelimit-reset", "3600")]);
    let response = call(policy().rate_limit_reset(true), &script, "GET").await.unwrap();
    assert_eq!(stop(&response), Some(StopReason::RetryAfterTooLong(3600 * SECOND)));
}

#[tokio::test(start_paused = true)]
async fn the_server_is_told_the_attempt_in_the_header_that_was_asked_for() {
    let name = HeaderName::from_static("x-attempt");
    let script = Script::new([Answer::Status(503)]);
    call(policy().attempt_header(name.clone()), &script, "GET").await.unwrap();
    let told: Vec<_> = script
        .asked()
        .iter()
        .map(|asked| {
            asked.request.headers().get_all(&name).iter().map(|v| v.to_str().unwrap().to_owned()).collect()
        })
        .collect::<Vec<Vec<String>>>();
    assert_eq!(told, [vec![], vec!["2".to_owned()], vec!["3".to_owned()], vec!["4".to_owned()]]);
}
