//! What the policy does only when it is asked to: gRPC's statuses and pushback, rate limit resets, the attempt header.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod loops;
mod support;

use self::{
    loops::{Loop, over_each_loop},
    support::{Answer, Script, request},
};
use http::{HeaderName, Response};
use std::time::Duration;
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_backoff::{Backoff, Jitter};
use tower_retry_policy::{AttemptRecord, Deadline, History, RetryAfter, RetryPolicy, StopReason};

const SECOND: Duration = Duration::from_secs(1);
const UNAVAILABLE: u8 = 14;

fn policy() -> RetryPolicy {
    RetryPolicy::standard().retries(3).backoff(Backoff::schedule([SECOND, 2 * SECOND, 4 * SECOND]))
}

async fn call(
    which: Loop,
    policy: RetryPolicy,
    script: &Script,
    method: &str,
) -> Result<Response<support::Body>, BoxError> {
    ServiceBuilder::new().layer(which.retry(policy)).service(script.clone()).oneshot(request(method)).await
}

fn stop(response: &Response<support::Body>) -> Option<StopReason> {
    History::of(response).and_then(History::stop_reason)
}

over_each_loop!(
    #[tokio::test(start_paused = true)]
    grpc_statuses_in_the_head_are_retried_where_that_was_asked_for_and_allowed,
    pushback_is_obeyed_to_the_millisecond_and_begins_the_backoff_anew,
    a_rate_limits_reset_is_waited_for_where_that_was_asked_for,
    a_reset_says_nothing_while_requests_remain,
    a_pushback_obeys_the_limit_of_a_retry_after,
    an_ignored_retry_after_decides_nothing,
    the_spread_of_a_wait_gives_no_call_up_and_passes_no_cap,
    the_server_is_told_the_attempt_in_the_header_that_was_asked_for,
);

async fn grpc_statuses_in_the_head_are_retried_where_that_was_asked_for_and_allowed(which: Loop) {
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
        let _ = call(which, policy.clone(), &script, method).await.unwrap();
        assert_eq!(script.count(), sent, "{method} {status} {policy:?}");
    }
    // a "200" in the history would tell nobody why there was a second attempt
    let script = Script::new([Answer::With(200, "grpc-status", "14"), Answer::Status(200)]);
    let response = call(which, grpc().any_method(), &script, "POST").await.unwrap();
    let history = History::of(&response).unwrap();
    assert_eq!(history.to_string(), "2 attempts in 1.0 s; 1: grpc-status 14, waited 1.0 s; 2: 200");
    let codes: Vec<_> = history.attempts().iter().map(AttemptRecord::grpc_status).collect();
    assert_eq!(codes, [Some(14), None]);
}

async fn pushback_is_obeyed_to_the_millisecond_and_begins_the_backoff_anew(which: Loop) {
    let pushback = |value| Answer::With(503, "grpc-retry-pushback-ms", value);
    let script = Script::new([Answer::Status(503), pushback("10"), Answer::Status(503), Answer::Status(200)]);
    call(which, policy().grpc([UNAVAILABLE]), &script, "GET").await.unwrap();
    assert_eq!(script.times(), [0, 1_000, 1_010, 2_010], "1 s, the pushback, and 1 s again");

    let script = Script::new([pushback("-1")]);
    let response = call(which, policy().grpc([UNAVAILABLE]), &script, "GET").await.unwrap();
    assert_eq!((script.count(), stop(&response)), (1, Some(StopReason::Pushback)));

    let script = Script::new([pushback("-1"), Answer::Status(200)]);
    call(which, policy(), &script, "GET").await.unwrap();
    assert_eq!(script.count(), 2, "by default the field means nothing");
}

async fn a_rate_limits_reset_is_waited_for_where_that_was_asked_for(which: Loop) {
    let limited = Answer::With(429, "ratelimit", "\"default\";r=0;t=30");
    let older = Answer::Fields(429, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "30")]);
    for answer in [limited, older] {
        for (policy, second_attempt) in [(policy(), 1_000), (policy().rate_limit_reset(true), 30_000)] {
            let script = Script::new([answer.clone(), Answer::Status(200)]);
            call(which, policy, &script, "GET").await.unwrap();
            assert_eq!(script.times(), [0, second_attempt], "{answer:?}");
        }
    }
    // as with Retry-After: longer than the limit is refused, and tells what was asked
    let hour = Answer::Fields(429, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "3600")]);
    let response = call(which, policy().rate_limit_reset(true), &Script::new([hour]), "GET").await.unwrap();
    assert_eq!(stop(&response), Some(StopReason::RetryAfterTooLong(3600 * SECOND)));
}

async fn a_reset_says_nothing_while_requests_remain(which: Loop) {
    // servers such as GitHub's send both with every response
    const REMAINING: [&[(&str, &str)]; 3] = [
        &[("x-ratelimit-remaining", "57"), ("x-ratelimit-reset", "3600")],
        &[("x-ratelimit-reset", "3600")],
        &[("x-ratelimit-remaining", "many"), ("x-ratelimit-reset", "3600")],
    ];
    for fields in REMAINING {
        let script = Script::new([Answer::Fields(503, fields), Answer::Status(200)]);
        call(which, policy().rate_limit_reset(true), &script, "GET").await.unwrap();
        assert_eq!(script.times(), [0, 1_000], "{fields:?}");
        // nor does it ask for a retry of what is not listed
        let script = Script::new([Answer::Fields(429, fields)]);
        call(which, policy().statuses([]).rate_limit_reset(true), &script, "GET").await.unwrap();
        assert_eq!(script.count(), 1, "{fields:?}");
    }
}

async fn a_pushback_obeys_the_limit_of_a_retry_after(which: Loop) {
    let pushback =
        |value| Script::new([Answer::With(503, "grpc-retry-pushback-ms", value), Answer::Status(200)]);
    let hour = pushback("3600000");
    let response = call(which, policy().grpc([UNAVAILABLE]), &hour, "GET").await.unwrap();
    assert_eq!((hour.count(), stop(&response)), (1, Some(StopReason::RetryAfterTooLong(3600 * SECOND))));
    assert!(stop(&response).unwrap().to_string().contains("3600s"), "the delay that was asked for is told");

    let capped = pushback("18446744073709551615");
    let rule = RetryAfter::Cap(60 * SECOND);
    call(which, policy().grpc([UNAVAILABLE]).retry_after(rule), &capped, "GET").await.unwrap();
    assert_eq!(capped.times(), [0, 60_000]);

    let ignored = pushback("3600000");
    call(which, policy().grpc([UNAVAILABLE]).retry_after(RetryAfter::Ignore), &ignored, "GET").await.unwrap();
    assert_eq!(ignored.times(), [0, 1_000], "the backoff alone");
    let no = pushback("-1");
    call(which, policy().grpc([UNAVAILABLE]).retry_after(RetryAfter::Ignore), &no, "GET").await.unwrap();
    assert_eq!(no.count(), 1, "a no is not a wait");
}

async fn an_ignored_retry_after_decides_nothing(which: Loop) {
    for status in [413, 429, 503] {
        for (rule, sent) in [(RetryAfter::Refuse(60 * SECOND), 2), (RetryAfter::Ignore, 1)] {
            let script = Script::new([Answer::With(status, "retry-after", "5"), Answer::Status(200)]);
            let unlisted = policy().statuses([]).retry_after(rule);
            let response = call(which, unlisted, &script, "GET").await.unwrap();
            assert_eq!(script.count(), sent, "{status} {rule:?}");
            assert!(sent == 2 || History::of(&response).is_none(), "{status}: nothing was given up");
        }
        let script = Script::new([Answer::With(status, "retry-after", "5"), Answer::Status(200)]);
        let listed = policy().statuses([status.try_into().unwrap()]).retry_after(RetryAfter::Ignore);
        call(which, listed, &script, "GET").await.unwrap();
        assert_eq!(script.times(), [0, 1_000], "{status}: the backoff alone");
    }
}

async fn the_spread_of_a_wait_gives_no_call_up_and_passes_no_cap(which: Loop) {
    let noisy = |seed| policy().backoff(Backoff::constant(SECOND).jitter(Jitter::Full)).seed(seed);
    let mut waits = std::collections::BTreeSet::new();
    for seed in 0..100 {
        let script = Script::new([Answer::With(503, "retry-after", "10"), Answer::Status(200)]);
        let mut asked = request("GET");
        asked.extensions_mut().insert(Deadline::after(Duration::from_millis(10_500)));
        let response = ServiceBuilder::new()
            .layer(which.retry(noisy(seed)))
            .service(script.clone())
            .oneshot(asked)
            .await
            .unwrap();
        assert_eq!(response.status(), 200, "seed {seed}");
        let wait = script.times()[1];
        assert!((10_000..=10_250).contains(&wait), "{wait} ms");
        waits.insert(wait);

        let script = Script::new([Answer::With(503, "retry-after", "600"), Answer::Status(200)]);
        call(which, noisy(seed).retry_after(RetryAfter::Cap(60 * SECOND)), &script, "GET").await.unwrap();
        assert_eq!(script.times(), [0, 60_000]);
    }
    assert!(waits.len() > 20, "they are spread all the same: {waits:?}");
}

async fn the_server_is_told_the_attempt_in_the_header_that_was_asked_for(which: Loop) {
    let name = HeaderName::from_static("x-attempt");
    let script = Script::new([Answer::Status(503)]);
    call(which, policy().attempt_header(name.clone()), &script, "GET").await.unwrap();
    let told: Vec<_> = script
        .asked()
        .iter()
        .map(|asked| {
            asked.request.headers().get_all(&name).iter().map(|v| v.to_str().unwrap().to_owned()).collect()
        })
        .collect::<Vec<Vec<String>>>();
    assert_eq!(told, [vec![], vec!["2".to_owned()], vec!["3".to_owned()], vec!["4".to_owned()]]);
}
