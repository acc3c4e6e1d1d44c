//! gRPC's service config: what A6 asks of it, and what its policies do.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::Instant;
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
use tower_backoff::Jitter;
use tower_retry_policy::{
    Phase, PhasedError, RetryLayer, RetryPolicy,
    budget::{FailureKind, RetryBudget},
    retry::Hedge,
    settings::{BackoffSettings, RetrySettings, ServiceConfig},
};

fn read(config: Value) -> Result<ServiceConfig, String> {
    serde_json::from_value(config).map_err(|error: serde_json::Error| error.to_string())
}

/// The retry policy of A6's own example.
fn example() -> Value {
    json!({
        "maxAttempts": 4, "initialBackoff": ".1s", "maxBackoff": "1s", "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"]
    })
}

fn hedged() -> Value {
    json!({ "maxAttempts": 4, "hedgingDelay": ".5s", "nonFatalStatusCodes": ["UNAVAILABLE", "INTERNAL", "ABORTED"] })
}

/// A config with this policy, in which one key is another value, or absent.
fn with(kind: &str, mut policy: Value, key: &str, value: Value) -> Value {
    if value == json!("absent") {
        policy.as_object_mut().unwrap().remove(key);
    } else {
        policy[key] = value;
    }
    json!({ "methodConfig": [{ "name": [{}], kind: policy }] })
}

#[test]
fn what_cannot_be_meant_names_its_key() {
    let absent = || json!("absent");
    let retry: &[(&str, Value, &str)] = &[
        ("maxAttempts", absent(), "required"),
        ("maxAttempts", Value::Null, "required"),
        ("maxAttempts", json!(1), "more than 1, found 1"),
        ("maxAttempts", json!(0), "more than 1"),
        ("maxAttempts", json!(-2), "more than 1"),
        ("maxAttempts", json!(2.5), "a whole number"),
        ("maxAttempts", json!("4"), "a whole number of more than 1, found \"4\""),
        ("initialBackoff", absent(), "required"),
        ("initialBackoff", json!("0s"), "positive"),
        ("initialBackoff", json!("-1s"), "positive"),
        ("initialBackoff", json!("1"), "such as \"0.5s\""),
        ("initialBackoff", json!("100ms"), "such as \"0.5s\""),
        ("initialBackoff", json!(1), "such as \"0.5s\""),
        ("initialBackoff", json!("315576000001s"), "found"),
        ("initialBackoff", json!("1 s"), "found"),
        ("maxBackoff", absent(), "required"),
        ("maxBackoff", json!("0.0s"), "positive"),
        ("backoffMultiplier", absent(), "required"),
        ("backoffMultiplier", json!(0), "a number of more than 0"),
        ("backoffMultiplier", json!(-1.5), "a number of more than 0"),
        ("backoffMultiplier", json!("2"), "a number of more than 0, found \"2\""),
        ("retryableStatusCodes", absent(), "required"),
        ("retryableStatusCodes", json!([]), "at least one"),
        ("retryableStatusCodes", json!("UNAVAILABLE"), "a list"),
        ("retryableStatusCodes", json!(["BUSY"]), "a gRPC status"),
        ("retryableStatusCodes", json!([17]), "a gRPC status"),
    ];
    for (key, value, right) in retry {
        let error = read(with("retryPolicy", example(), key, value.clone())).expect_err(key);
        assert!(error.starts_with(&format!("methodConfig[0].retryPolicy.{key}: ")), "{error}");
        assert!(error.contains(right), "{value}: {error}");
    }
    let hedging: &[(&str, Value, &str)] = &[
        ("maxAttempts", absent(), "required"),
        ("maxAttempts", json!(1), "more than 1"),
        ("hedgingDelay", json!("soon"), "such as \"0.5s\""),
        ("nonFatalStatusCodes", json!([-1]), "a gRPC status"),
    ];
    for (key, value, right) in hedging {
        let error = read(with("hedgingPolicy", hedged(), key, value.clone())).expect_err(key);
        assert!(error.starts_with(&format!("methodConfig[0].hedgingPolicy.{key}: ")), "{error}");
        assert!(error.contains(right), "{value}: {error}");
    }
    let others = [
        (json!([]), "expected a table"),
        (json!({ "methodConfig": {} }), "methodConfig: expected a list, found a table"),
        (json!({ "methodConfig": [3] }), "methodConfig[0]: expected a table"),
        (json!({ "methodConfig": [{ "name": "a" }] }), "methodConfig[0].name: expected a list"),
        (
            json!({ "methodConfig": [{ "name": [{ "service": 1 }] }] }),
            "methodConfig[0].name[0].service: expected a name",
        ),
        (
            json!({ "methodConfig": [{ "name": [{ "method": "M" }] }] }),
            "methodConfig[0].name[0].service: expected",
        ),
        (
            json!({ "methodConfig": [{ "name": [{ "service": "S" }, { "service": "S", "method": "" }] }] }),
            "methodConfig[0].name: the service \"S\" has a config already",
        ),
        (
            json!({ "methodConfig": [{ "name": [{}] }, { "name": [{ "service": "" }] }] }),
            "methodConfig[1].name: the default of all methods has a config already",
        ),
        (
            json!({ "methodConfig": [
                { "name": [{ "service": "S", "method": "M" }] }, { "name": [{ "service": "S", "method": "M" }] }
            ] }),
            "methodConfig[1].name: the method \"S/M\" has a config already",
        ),
        (
            json!({ "methodConfig": [{ "name": [{}], "retryPolicy": example(), "hedgingPolicy": hedged() }] }),
            "methodConfig[0].hedgingPolicy: expected either this or `retryPolicy`",
        ),
        (json!({ "methodConfig": [{ "name": [{}], "timeout": "1m" }] }), "methodConfig[0].timeout: expected"),
        (
            json!({ "retryThrottling": { "tokenRatio": 0.1 } }),
            "retryThrottling.maxTokens: this key is required",
        ),
        (
            json!({ "retryThrottling": { "maxTokens": 10 } }),
            "retryThrottling.tokenRatio: this key is required",
        ),
        (
            json!({ "retryThrottling": { "maxTokens": 0, "tokenRatio": 1 } }),
            "retryThrottling.maxTokens: expected",
        ),
        (
            json!({ "retryThrottling": { "maxTokens": 1001, "tokenRatio": 1 } }),
            "retryThrottling.maxTokens: expected",
        ),
        (
            json!({ "retryThrottling": { "maxTokens": 10, "tokenRatio": 0 } }),
            "retryThrottling.tokenRatio: expected",
        ),
    ];
    for (config, right) in others {
        let error = read(config.clone()).expect_err(right);
        assert!(error.starts_with(right), "{config}: {error}");
    }
}

#[test]
fn what_is_not_known_is_ignored() {
    let config = read(json!({
        "loadBalancingConfig": [{ "round_robin": {} }],
        "healthCheckConfig": { "serviceName": "x" },
        "methodConfig": [{ "name": [{ "service": "S", "x": 1 }], "waitForReady": true, "maxRequestMessageBytes": 5 }],
        "retryThrottling": { "maxTokens": 10, "tokenRatio": 0.1, "x": null }
    }));
    assert!(config.unwrap().for_method("/S/M").is_some());
    assert!(read(json!({})).unwrap().for_method("/S/M").is_none());
    let nulls = json!({ "methodConfig": [{ "name": null, "timeout": null, "retryPolicy": null }], "retryThrottling": null });
    assert!(read(nulls).unwrap().throttle().is_none());
}

#[test]
fn the_narrowest_name_wins() {
    let timeout = |name: Value, seconds: &str| json!({ "name": name, "timeout": seconds });
    let config = read(json!({ "methodConfig": [
        timeout(json!([{}]), "1s"),
        timeout(json!([{ "service": "a.B" }, { "service": "c" }]), "2s"),
        timeout(json!([{ "service": "a.B", "method": "C" }]), "3.5s"),
        timeout(json!([]), "9s"),
    ] }))
    .unwrap();
    let table = [
        ("/a.B/C", 3.5),
        ("/a.B/D", 2.0),
        ("/a.B/c", 2.0),
        ("/c/C", 2.0),
        ("/a.b/C", 1.0),
        ("/x", 1.0),
        ("", 1.0),
        ("/", 1.0),
        ("a.B/C", 3.5),
    ];
    for (path, seconds) in table {
        let timeout = config.for_method(path).unwrap().timeout();
        assert_eq!(timeout, Some(Duration::from_secs_f64(seconds)), "{path}");
    }
}

fn settings(policy: &RetryPolicy) -> RetrySettings {
    RetrySettings::from(policy)
}

fn waits(policy: &Value) -> BackoffSettings {
    let config = read(json!({ "methodConfig": [{ "name": [{}], "retryPolicy": policy }] })).unwrap();
    settings(&config.policy("/S/M")).backoff
}

#[test]
fn waits_are_those_of_a6() {
    let change = |key: &str, value: Value| {
        let mut policy = example();
        policy[key] = value;
        waits(&policy)
    };
    let millis = |waits: &BackoffSettings| -> Vec<f64> {
        waits.delays.as_ref().unwrap().iter().map(|delay| delay.as_secs_f64() * 1000.0).collect()
    };
    let plain = waits(&example());
    assert_eq!(millis(&plain), [100.0, 200.0, 400.0]);
    assert_eq!(plain.jitter, Some(Jitter::Proportional { percent: 20 }));
    assert_eq!(millis(&change("backoffMultiplier", json!(1.5))), [100.0, 150.0, 225.0]);
    assert_eq!(millis(&change("backoffMultiplier", json!(0.5))), [100.0, 50.0, 25.0]);
    assert_eq!(millis(&change("backoffMultiplier", json!(1e300))), [100.0, 1000.0, 1000.0]);
    assert_eq!(millis(&change("maxBackoff", json!("0.15s"))), [100.0, 150.0, 150.0]);
    assert_eq!(millis(&change("maxBackoff", json!("0.05s"))), [50.0, 50.0, 50.0]);
    // the jitter of A6 goes beyond `maxBackoff`
    let policy = read(json!({ "methodConfig": [{ "name": [{}], "retryPolicy": example() }] })).unwrap();
    let backoff = settings(&policy.policy("/")).backoff.backoff().unwrap();
    let longest = backoff.delay(3, u64::MAX);
    assert_eq!((longest, backoff.delay(3, 0)), (Duration::from_millis(480), Duration::from_millis(320)));
    let mut short = example();
    short["maxBackoff"] = json!("0.1s");
    assert_eq!(waits(&short).backoff().unwrap().max_delay(3), Duration::from_millis(120));
}

#[test]
fn attempts_above_five_are_five_and_codes_have_names_and_numbers() {
    let codes = json!(["UNAVAILABLE", "aborted", 8, "Resource_Exhausted"]);
    for (attempts, retries) in
        [(json!(2), 1), (json!(5), 4), (json!(6), 4), (json!(4.0), 3), (json!(u64::MAX), 4)]
    {
        let mut policy = example();
        policy["maxAttempts"] = attempts;
        policy["retryableStatusCodes"] = codes.clone();
        let config = read(json!({ "methodConfig": [{ "name": [{}], "retryPolicy": policy }] })).unwrap();
        let told = settings(&config.policy("/S/M")).to_toml();
        assert!(told.starts_with(&format!("retries = {retries}\n")), "{told}");
        assert!(
            told.contains("grpc_codes = [\"RESOURCE_EXHAUSTED\", \"ABORTED\", \"UNAVAILABLE\"]"),
            "{told}"
        );
        assert!(told.contains("methods = \"any\""), "{told}");
    }
}

#[test]
fn all_methods_share_the_throttle() {
    let config = read(json!({
        "methodConfig": [{ "name": [{ "service": "S" }], "retryPolicy": example() }],
        "retryThrottling": { "maxTokens": 10, "tokenRatio": 0.5466 }
    }))
    .unwrap();
    let throttle = config.clone().throttle().unwrap().clone();
    let now = Instant::now().into_std();
    throttle.failed(FailureKind::Transient, now);
    for path in ["/S/M", "/T/M"] {
        assert!(format!("{:?}", config.policy(path)).contains("tokens: 9.0"), "{path}");
    }
    // three decimals
    assert!(format!("{throttle:?}").contains("token_ratio: 0.546,"), "{throttle:?}");
}

#[test]
fn a_method_without_a_policy_is_not_retried() {
    let config =
        read(json!({ "methodConfig": [{ "name": [{ "service": "S" }], "timeout": "1s" }] })).unwrap();
    let never = format!("{:?}", RetryPolicy::never());
    for path in ["/S/M", "/T/M"] {
        assert_eq!(format!("{:?}", config.policy(path)), never);
    }
    let hedge = read(json!({ "methodConfig": [{ "name": [{}], "hedgingPolicy": hedged() }] })).unwrap();
    let expected = Hedge::after(Duration::from_millis(500)).at_once(4).hedges(3);
    assert_eq!(hedge.for_method("/S/M").unwrap().hedge(), Some(expected));
    assert_eq!(config.for_method("/S/M").unwrap().hedge(), None);
}

/// What one attempt brings: a gRPC status in the head, an HTTP status, a failure of a phase, or nothing.
#[derive(Clone, Copy, Debug)]
enum Answer {
    Grpc(u16),
    Http(u16),
    AskingBack(u16),
    Pushback(&'static str),
    Broken(Phase),
    Hangs,
}

/// When each attempt of a `POST` was sent, in milliseconds.
async fn sent(config: &ServiceConfig, answer: Answer) -> Vec<u128> {
    let began = Instant::now();
    let calls = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&calls);
    let server = service_fn(move |_: Request<String>| {
        log.lock().unwrap().push(began.elapsed().as_millis());
        async move {
            let answer = match answer {
                Answer::Grpc(code) => Response::builder().header("grpc-status", code),
                Answer::Http(status) => Response::builder().status(status),
                Answer::AskingBack(status) => Response::builder().status(status).header("retry-after", "1"),
                Answer::Pushback(millis) => {
                    Response::builder().header("grpc-status", 14).header("grpc-retry-pushback-ms", millis)
                }
                Answer::Broken(phase) => return Err(BoxError::from(PhasedError::new(phase, "broken"))),
                Answer::Hangs => std::future::pending().await,
            };
            Ok(answer.body(String::new()).unwrap())
        }
    });
    let method = config.for_method("/S/M").unwrap();
    let retry = RetryLayer::new(config.policy("/S/M"));
    let retry = method.hedge().map_or(retry.clone(), |hedge| retry.hedge(hedge));
    let stack = ServiceBuilder::new().layer(retry).service(server);
    let request = Request::post("http://example.com/S/M").body(String::new()).unwrap();
    let _ = tokio::time::timeout(method.timeout().unwrap(), stack.oneshot(request)).await;
    calls.lock().unwrap().clone()
}

fn of(kind: &str, policy: &Value) -> ServiceConfig {
    read(json!({ "methodConfig": [{ "name": [{}], kind: policy, "timeout": "10s" }] })).unwrap()
}

#[tokio::test(start_paused = true)]
async fn only_what_a6_repeats_is_repeated() {
    let unavailable = of("retryPolicy", &example());
    let mut aborted = example();
    aborted["retryableStatusCodes"] = json!(["ABORTED"]);
    let aborted = of("retryPolicy", &aborted);
    // attempts with UNAVAILABLE listed, and with ABORTED alone
    let table = [
        (Answer::Grpc(0), 1, 1),
        (Answer::Grpc(14), 4, 1),
        (Answer::Grpc(10), 1, 4),
        (Answer::Grpc(13), 1, 1),
        (Answer::Http(503), 4, 1),
        (Answer::Http(429), 4, 1),
        (Answer::Http(500), 1, 1),
        (Answer::AskingBack(503), 4, 1),
        (Answer::AskingBack(413), 1, 1),
        (Answer::Pushback("-1"), 1, 1),
        (Answer::Broken(Phase::Read), 4, 1),
        (Answer::Broken(Phase::Connect), 4, 4),
        (Answer::Broken(Phase::Unprocessed), 4, 4),
        (Answer::Broken(Phase::Body), 1, 1),
        (Answer::Broken(Phase::Content), 1, 1),
        (Answer::Broken(Phase::Other), 1, 1),
    ];
    for (answer, with_unavailable, with_aborted) in table {
        assert_eq!(sent(&unavailable, answer).await.len(), with_unavailable, "{answer:?}");
        assert_eq!(sent(&aborted, answer).await.len(), with_aborted, "{answer:?}");
    }
    assert_eq!(sent(&unavailable, Answer::Pushback("2000")).await, [0, 2000, 4000, 6000]);
}

#[tokio::test(start_paused = true)]
async fn hedges_follow_each_other_at_the_delay() {
    let config = of("hedgingPolicy", &hedged());
    assert_eq!(sent(&config, Answer::Hangs).await, [0, 500, 1000, 1500]);
    // what is not fatal is followed by the next at once, what is fatal ends the call
    assert_eq!(sent(&config, Answer::Grpc(13)).await, [0, 0, 0, 0]);
    assert_eq!(sent(&config, Answer::Grpc(5)).await, [0]);
    for delay in [json!("0s"), Value::Null] {
        let mut at_once = hedged();
        at_once["hedgingDelay"] = delay;
        let sent = sent(&of("hedgingPolicy", &at_once), Answer::Hangs).await;
        assert!(sent.len() == 4 && sent.iter().all(|at| *at <= 10), "{sent:?}");
    }
}

/// The sequence of grpc-go's TestRetryThrottling: 4 attempts, a ratio of 0.5, and a server that says when it succeeds.
#[tokio::test(start_paused = true)]
async fn the_throttle_stops_retries_as_in_grpc_go() {
    let mut policy = example();
    policy["initialBackoff"] = json!(".01s");
    let config = read(json!({
        "methodConfig": [{ "name": [{ "service": "S" }], "retryPolicy": policy }],
        "retryThrottling": { "maxTokens": 10, "tokenRatio": 0.5 }
    }))
    .unwrap();
    let good = [0, 3, 6, 10, 11, 12, 13, 14, 16, 18];
    let calls = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&calls);
    let server = service_fn(move |_: Request<String>| {
        let mut calls = counted.lock().unwrap();
        let code = if good.contains(&*calls) { "0" } else { "14" };
        *calls += 1;
        async move {
            Ok::<_, BoxError>(Response::builder().header("grpc-status", code).body(String::new()).unwrap())
        }
    });
    let stack = ServiceBuilder::new().layer(RetryLayer::new(config.policy("/S/M"))).service(server);
    let vectors: Value = serde_json::from_str(include_str!("vectors/grpc_throttle.json")).unwrap();
    let case = &vectors["cases"][0];
    for rpc in case["rpcs"].as_array().unwrap() {
        let request = Request::post("http://example.com/S/M").body(String::new()).unwrap();
        let response = stack.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let ok = response.headers()["grpc-status"] == "0";
        assert_eq!(ok, rpc["expected_code"] == "OK", "{rpc}");
        assert_eq!(json!(*calls.lock().unwrap()), rpc["server_calls_so_far"], "{rpc}");
        let tokens = config.throttle().unwrap().tokens();
        assert!((tokens - rpc["tokens_after"].as_f64().unwrap()).abs() < 1e-9, "{tokens}: {rpc}");
    }
}
