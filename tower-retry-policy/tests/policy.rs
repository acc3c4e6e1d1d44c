//! The policy in each loop of attempts: what is sent, when, and what the caller gets.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod loops;
mod support;

use self::{
    loops::{Loop, over_each_loop},
    support::{Answer, Body, Script, request},
};
use http::{Request, Response};
use std::{error::Error as _, io::ErrorKind, time::Duration};
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt};
use tower_backoff::{Backoff, Jitter};
use tower_retry_policy::{
    AttemptNumber, Deadline, History, Idempotent, Phase, RetryAfter, RetryError, RetryPolicy, StopReason,
};

const SECOND: Duration = Duration::from_secs(1);

async fn call(
    which: Loop,
    policy: RetryPolicy,
    script: &Script,
    method: &str,
) -> Result<Response<Body>, BoxError> {
    ServiceBuilder::new().layer(which.retry(policy)).service(script.clone()).oneshot(request(method)).await
}

/// What the caller got: the status or the reason to stop.
fn outcome(result: &Result<Response<Body>, BoxError>) -> String {
    match result {
        Ok(response) => match History::of(response).and_then(History::stop_reason) {
            None => response.status().as_str().to_owned(),
            Some(reason) => format!("{}, {reason}", response.status().as_str()),
        },
        Err(error) => match RetryError::find(&**error) {
            Some(error) => error.stop_reason().unwrap().to_string(),
            None => format!("raw: {error}"),
        },
    }
}

over_each_loop!(
    #[tokio::test(start_paused = true)]
    what_is_sent_and_what_the_caller_gets,
    waits_follow_the_backoff_and_retry_after,
    the_standard_waits_stay_below_ten_seconds,
    a_wait_that_the_server_asked_for_is_spread_upward_only,
    a_deadline_forbids_waits_that_end_after_it,
    the_owner_of_a_request_can_allow_a_repeat,
    two_requests_with_different_overrides_do_not_meet,
    inner_retries_are_not_multiplied_unless_asked,
    the_outcome_explains_itself,
    a_response_tells_of_the_attempts_before_it,
    a_response_as_an_error_keeps_its_head,
    the_asked_delay_is_in_the_outcome,
    attempts_after_the_first_are_numbered_for_the_layers_below,
    readiness_is_awaited_before_each_attempt,
    it_works_over_a_buffer,
);

async fn what_is_sent_and_what_the_caller_gets(which: Loop) {
    use Answer::{Fails, Status, Unknown, With};
    let urllib3 = || RetryPolicy::urllib3(3);
    let refused = || Fails(ErrorKind::ConnectionRefused);
    let reset = || Fails(ErrorKind::ConnectionReset);
    let standard = || RetryPolicy::standard().backoff(Backoff::none());
    #[rustfmt::skip]
    let table = vec![
        // policy, method, the server's answers, requests sent, outcome
        (standard(), "GET", vec![Status(200)], 1, "200"),
        (standard(), "GET", vec![Status(404)], 1, "404"),
        (standard(), "GET", vec![Status(503), Status(200)], 2, "200"),
        (standard(), "GET", vec![Status(500), Status(502), Status(200)], 3, "200"),
        (standard(), "GET", vec![Status(408), Status(429), Status(504)], 3, "504, attempts used up"),
        (standard(), "GET", vec![Status(501)], 1, "501"),
        (standard(), "POST", vec![Status(503)], 1, "503, not repeatable"),
        (standard(), "POST", vec![reset()], 1, "not repeatable"),
        (standard(), "POST", vec![refused(), refused(), Status(201)], 3, "201"),
        (standard(), "POST", vec![Status(421), Status(425), Status(201)], 3, "201"),
        (standard(), "GET", vec![Unknown], 1, "not retryable"),
        (standard().retries_after(Phase::Other, 1), "GET", vec![Unknown], 2, "attempts after other failures"),
        (standard().retries(0), "GET", vec![Status(503)], 1, "503"),
        (standard().any_method(), "POST", vec![reset(), Status(200)], 2, "200"),
        (standard().methods([]), "GET", vec![reset()], 1, "not repeatable"),
        (standard().statuses([]), "GET", vec![Status(500)], 1, "500"),
        (standard().statuses([http::StatusCode::ACCEPTED]), "GET", vec![Status(202), Status(200)], 2, "200"),
        (standard().retry_if(|attempt| attempt.status().is_none()), "GET", vec![reset(), Status(503)], 2, "503, not retryable"),
        (standard().last_response_as_error(true), "GET", vec![Status(503)], 3, "attempts used up"),
        (urllib3(), "GET", vec![Status(500)], 1, "500"),
        (urllib3(), "GET", vec![Status(503)], 1, "503"),
        (urllib3(), "GET", vec![With(503, "retry-after", "0"), Status(200)], 2, "200"),
        (urllib3(), "GET", vec![With(500, "retry-after", "0")], 1, "500"),
        (urllib3(), "GET", vec![refused()], 4, "attempts used up"),
        (urllib3().retries_after(Phase::Connect, 1), "GET", vec![refused()], 2, "attempts after connect failures"),
        (urllib3().retries_after(Phase::Connect, 1), "GET", vec![refused(), reset(), refused()], 3, "attempts after connect failures"),
        (urllib3().retries_after(Phase::Read, 9), "GET", vec![reset()], 4, "attempts used up"),
        (RetryPolicy::never(), "GET", vec![refused()], 1, "raw: failed in phase connect"),
        (RetryPolicy::never(), "GET", vec![Status(503)], 1, "503"),
    ];
    for (policy, method, answers, sent, expected) in table {
        let script = Script::new(answers.clone());
        let result = call(which, policy.clone(), &script, method).await;
        assert_eq!(
            (script.count(), outcome(&result).as_str()),
            (sent, expected),
            "{method} {answers:?} {policy:?}"
        );
    }
}

async fn waits_follow_the_backoff_and_retry_after(which: Loop) {
    use Answer::{Status, With};
    let steps = Backoff::schedule([SECOND, 2 * SECOND, 4 * SECOND]);
    let policy = || RetryPolicy::standard().retries(3).backoff(steps.clone());
    let table = [
        (policy(), vec![Status(503)], vec![0, 1_000, 3_000, 7_000]),
        (policy(), vec![With(503, "retry-after", "30"), Status(200)], vec![0, 30_000]),
        // a backoff that wants longer than the server has its way
        (policy(), vec![With(503, "retry-after", "0"), Status(200)], vec![0, 1_000]),
        (policy(), vec![With(503, "retry-after", "soon"), Status(200)], vec![0, 1_000]),
        (policy(), vec![With(503, "retry-after", "61"), Status(200)], vec![0]),
        (
            policy().retry_after(RetryAfter::Cap(5 * SECOND)),
            vec![With(503, "retry-after", "61"), Status(200)],
            vec![0, 5_000],
        ),
        (
            policy().retry_after(RetryAfter::Ignore),
            vec![With(503, "retry-after", "61"), Status(200)],
            vec![0, 1_000],
        ),
        (
            RetryPolicy::urllib3(3).statuses([http::StatusCode::OK]).backoff(Backoff::urllib3(25 * SECOND)),
            vec![Status(200)],
            vec![0, 0, 50_000, 150_000],
        ),
    ];
    for (policy, answers, expected) in table {
        let script = Script::new(answers.clone());
        let _ = call(which, policy, &script, "GET").await;
        assert_eq!(script.times(), expected, "{answers:?}");
    }
}

async fn the_standard_waits_stay_below_ten_seconds(which: Loop) {
    let script = Script::new([Answer::Status(503)]);
    call(which, RetryPolicy::standard().retries(30).seed(1), &script, "GET").await.unwrap();
    let times = script.times();
    let waits: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(waits.len(), 30);
    // a millisecond, because tokio's timers round up
    assert!(waits.iter().all(|wait| *wait <= 10_001) && waits.iter().any(|wait| *wait > 5_000), "{waits:?}");
}

async fn a_wait_that_the_server_asked_for_is_spread_upward_only(which: Loop) {
    let mut waits = Vec::new();
    for seed in 0..200 {
        let script = Script::new([Answer::With(503, "retry-after", "30"), Answer::Status(200)]);
        let policy =
            RetryPolicy::standard().backoff(Backoff::constant(SECOND).jitter(Jitter::Full)).seed(seed);
        call(which, policy, &script, "GET").await.unwrap();
        waits.push(script.times()[1]);
    }
    assert!(waits.iter().all(|wait| (30_000..=33_001).contains(wait)), "{waits:?}");
    assert!(waits.iter().max().unwrap() - waits.iter().min().unwrap() > 2_500, "{waits:?}");
}

async fn a_deadline_forbids_waits_that_end_after_it(which: Loop) {
    let script = Script::new([Answer::Status(503)]);
    let policy = RetryPolicy::standard().retries(9).backoff(Backoff::constant(4 * SECOND));
    let service = ServiceBuilder::new().layer(which.retry(policy)).service(script.clone());
    let mut request = request("GET");
    request.extensions_mut().insert(Deadline::after(10 * SECOND));
    let result = service.oneshot(request).await;
    assert_eq!(script.times(), [0, 4_000, 8_000]);
    assert_eq!(outcome(&result), "503, deadline");
    // it stopped at once rather than slept until the deadline
    assert_eq!(History::of(&result.unwrap()).unwrap().elapsed(), 8 * SECOND);
}

async fn the_owner_of_a_request_can_allow_a_repeat(which: Loop) {
    for (allow, sent) in [(false, 1), (true, 3)] {
        let script = Script::new([Answer::Fails(ErrorKind::ConnectionReset)]);
        let mut request = request("POST");
        if allow {
            request.extensions_mut().insert(Idempotent);
        }
        let service =
            ServiceBuilder::new().layer(which.retry(RetryPolicy::standard())).service(script.clone());
        service.oneshot(request).await.unwrap_err();
        assert_eq!(script.count(), sent);
    }
}

async fn two_requests_with_different_overrides_do_not_meet(which: Loop) {
    let policy = RetryPolicy::standard().retries(1).backoff(Backoff::constant(SECOND));
    let patient = RetryPolicy::urllib3(5)
        .statuses([http::StatusCode::SERVICE_UNAVAILABLE])
        .backoff(Backoff::constant(SECOND / 10));
    let layer = which.retry(policy);
    let script = Script::new([Answer::Status(503)]);
    // the same layer and the same service, so that state left in the shared policy would be seen
    let mut service = layer.layer(script.clone());
    let mut calls = Vec::new();
    for override_policy in [None, Some(patient), Some(RetryPolicy::never()), None] {
        let mut request = request("GET");
        if let Some(policy) = override_policy {
            request.extensions_mut().insert(policy);
        }
        calls.push(ServiceExt::<Request<Body>>::ready(&mut service).await.unwrap().call(request));
    }
    let mut sent = Vec::new();
    // all calls were begun before the first is driven to its end
    for call in calls {
        let before = script.count();
        let _ = call.await;
        sent.push(script.count() - before);
    }
    assert_eq!(sent, [1, 5, 0, 1], "retries of each call beyond the four first sends");
}

async fn inner_retries_are_not_multiplied_unless_asked(which: Loop) {
    for (again, sent) in [(false, 3), (true, 9)] {
        for answer in [Answer::Status(503), Answer::Fails(ErrorKind::ConnectionReset)] {
            let script = Script::new([answer.clone()]);
            let outer = RetryPolicy::standard().backoff(Backoff::none()).retry_exhausted_inner(again);
            let inner = RetryPolicy::standard().backoff(Backoff::none());
            let service = ServiceBuilder::new()
                .layer(which.retry(outer))
                .layer(which.retry(inner))
                .service(script.clone());
            let _ = service.oneshot(request("GET")).await;
            assert_eq!(script.count(), sent, "{answer:?}");
        }
    }
}

async fn the_outcome_explains_itself(which: Loop) {
    let script = Script::new([
        Answer::Fails(ErrorKind::ConnectionRefused),
        Answer::Status(503),
        Answer::Fails(ErrorKind::ConnectionReset),
    ]);
    let policy = RetryPolicy::standard().backoff(Backoff::schedule([Duration::ZERO, 1200 * SECOND / 1000]));
    let error = call(which, policy, &script, "GET").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "GET test: 3 attempts in 1.2 s, stopped: attempts used up; 1: connect; 2: 503, waited 1.2 s; 3: read"
    );
    let error = RetryError::find(&*error).unwrap();
    assert_eq!(
        error.history().to_string(),
        "3 attempts in 1.2 s, stopped: attempts used up; 1: connection refused; 2: 503, waited 1.2 s; \
         3: connection reset"
    );
    assert_eq!((error.method().as_str(), error.host()), ("GET", Some("test")));
    assert!(error.is_exhausted() && !error.is_budget() && !error.is_deadline());
    let source = error.source().unwrap().downcast_ref::<std::io::Error>().unwrap();
    assert_eq!(source.kind(), ErrorKind::ConnectionReset);
    let phases: Vec<_> = error.history().attempts().iter().map(|attempt| attempt.phase().unwrap()).collect();
    assert_eq!(phases, [Phase::Connect, Phase::Status, Phase::Read]);
    let began: Vec<_> = error.history().attempts().iter().map(|a| a.began().as_millis()).collect();
    assert_eq!(began, [0, 0, 1200]);
}

async fn a_response_tells_of_the_attempts_before_it(which: Loop) {
    let script = Script::new([Answer::Status(503), Answer::Status(200)]);
    let policy = RetryPolicy::standard().backoff(Backoff::constant(SECOND));
    let response = call(which, policy.clone(), &script, "GET").await.unwrap();
    let history = History::of(&response).unwrap();
    assert_eq!(history.to_string(), "2 attempts in 1.0 s; 1: 503, waited 1.0 s; 2: 200");
    assert_eq!(history.stop_reason(), None);
    assert!(!history.attempts()[0].wait().unwrap().asked_by_server());
    // and a first success carries none
    let response = call(which, policy, &Script::new([Answer::Status(200)]), "GET").await.unwrap();
    assert!(History::of(&response).is_none());
}

async fn a_response_as_an_error_keeps_its_head(which: Loop) {
    let script = Script::new([Answer::With(503, "x-why", "maintenance")]);
    let policy = RetryPolicy::standard().last_response_as_error(true);
    let error = call(which, policy, &script, "GET").await.unwrap_err();
    let error = RetryError::find(&*error).unwrap();
    assert_eq!(error.status().unwrap(), 503);
    assert_eq!(error.headers().unwrap()["x-why"], "maintenance");
}

async fn the_asked_delay_is_in_the_outcome(which: Loop) {
    let script = Script::new([Answer::With(429, "retry-after", "3600")]);
    let response = call(which, RetryPolicy::standard(), &script, "GET").await.unwrap();
    let reason = History::of(&response).unwrap().stop_reason().unwrap();
    assert_eq!(reason, StopReason::RetryAfterTooLong(3600 * SECOND));
}

async fn attempts_after_the_first_are_numbered_for_the_layers_below(which: Loop) {
    let script = Script::new([Answer::Status(503)]);
    let _ = call(which, RetryPolicy::standard(), &script, "GET").await;
    let numbers: Vec<_> = script.asked().iter().map(|asked| AttemptNumber::of(&asked.request)).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert!(script.asked()[0].request.extensions().get::<AttemptNumber>().is_none());
    assert!(
        script.asked().iter().all(|asked| asked.request.headers().len() == 1),
        "nothing is added to the wire"
    );
}

async fn readiness_is_awaited_before_each_attempt(which: Loop) {
    use tower::limit::ConcurrencyLimitLayer;
    let script =
        Script::new([Answer::Status(503), Answer::Status(503), Answer::Status(503), Answer::Status(200)]);
    let service = ServiceBuilder::new()
        .layer(which.retry(RetryPolicy::standard().retries(3).backoff(Backoff::constant(SECOND))))
        .layer(ConcurrencyLimitLayer::new(1))
        .service(script.clone());
    // two at once over one permit: neither may keep it while it waits
    let (one, two) = tokio::join!(service.clone().oneshot(request("GET")), service.oneshot(request("GET")));
    assert_eq!((one.unwrap().status().as_u16(), two.unwrap().status().as_u16()), (200, 200));
    assert_eq!(script.times(), [0, 0, 1_000, 1_000, 2_000]);
}

async fn it_works_over_a_buffer(which: Loop) {
    let script = Script::new([Answer::Status(503), Answer::Status(503), Answer::Status(200)]);
    let service = ServiceBuilder::new()
        .layer(which.retry(RetryPolicy::standard().backoff(Backoff::constant(SECOND))))
        .buffer(1)
        .service(script.clone());
    assert_eq!(service.oneshot(request("GET")).await.unwrap().status(), 200);
    assert_eq!(script.times(), [0, 1_000, 2_000]);
}
