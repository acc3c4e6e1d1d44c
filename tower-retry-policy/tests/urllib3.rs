//! urllib3's `Retry`, replayed case by case from `vectors/urllib3_retry.json`.
//!
//! Each step of the file is an attempt of a call, in each loop of attempts. Where this policy differs on purpose, the
//! case is listed in [`DIFFERENCES`] with the reason, and the test makes sure that it really differs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod loops;

use self::loops::Loop;
use http::{Request, Response, StatusCode};
use serde_json::Value;
use std::{
    collections::{BTreeSet, VecDeque},
    io::{Error, ErrorKind},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Mutex,
    time::{Duration, SystemTime},
};
use tokio::time::Instant;
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
use tower_backoff::{Backoff, Jitter};
use tower_retry_policy::{Phase, PhasedError, RetryError, RetryPolicy, StopReason};

type Outcome = Result<Response<()>, BoxError>;

/// Case, and why it is not as in urllib3.
const DIFFERENCES: [(&str, &str); 12] = [
    ("total-false-no-raise-on-redirect", "redirects belong to tower-http's FollowRedirect"),
    ("redirect-counter", "redirects belong to tower-http's FollowRedirect"),
    ("remove-headers-custom-lowercased", "redirects belong to tower-http's FollowRedirect"),
    ("status-counter", "the reason to stop is a value, not the words `too many 400 error responses`"),
    ("error-message-generic", "the reason to stop is a value, not the words `too many error responses`"),
    ("retry-after-invalid-'+1'", "a header that cannot be read is ignored, it does not fail the request"),
    ("retry-after-invalid-'²'", "a header that cannot be read is ignored, it does not fail the request"),
    ("sleep-2", "RFC 9110 section 5.6.7: a date ends in GMT and has two digits for the day"),
    ("method-get", "RFC 9110 section 9.1: methods are case-sensitive"),
    ("allowed-methods-empty-means-any", "an empty list allows nothing, as urllib3 3.0 will have it"),
    ("total-0-forcelist-still-is_retry", "there is one question, and without retries its answer is no"),
    ("read-error-on-POST-reraised", "errors are explained by a RetryError whose source is the original"),
];

#[test]
fn every_case_agrees_or_is_listed() {
    let file: Value = serde_json::from_str(include_str!("vectors/urllib3_retry.json")).unwrap();
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 50, "the file is whole");
    let listed: BTreeSet<&str> = DIFFERENCES.iter().map(|(id, _)| *id).collect();
    for which in Loop::ALL {
        let mut differing = BTreeSet::new();
        std::panic::set_hook(Box::new(|_| {})); // a difference is found by its failed assertion
        for case in cases {
            let id = case["id"].as_str().unwrap();
            let agrees = catch_unwind(AssertUnwindSafe(|| {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_time()
                    .start_paused(true)
                    .build()
                    .unwrap();
                runtime.block_on(replay(which, case));
            }));
            if agrees.is_err() {
                differing.insert(id);
            }
        }
        let _ = std::panic::take_hook();
        assert_eq!(
            differing, listed,
            "{which:?}: left: cases that differ; right: differences that are meant"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_original_error_is_the_source() {
    for which in Loop::ALL {
        let mut call = Call::new(which, constructed(&Value::Null));
        let args = serde_json::json!({ "method": "POST", "error": "read_timeout" });
        let error = call.increment(&args).await.unwrap_err();
        let error = RetryError::find(&*error).unwrap();
        assert_eq!(error.stop_reason(), Some(StopReason::NotRepeatable), "{which:?}");
        let source = std::error::Error::source(error).unwrap();
        assert_eq!(source.downcast_ref::<Error>().unwrap().to_string(), "read_timeout", "{which:?}");
    }
}

/// A call that has come so far. No loop can be asked halfway, so each question is put to one that begins anew and is told
/// the same.
#[derive(Clone)]
struct Call {
    which: Loop,
    policy: RetryPolicy,
    told: Vec<Value>,
    waits: Vec<Duration>,
}

impl Call {
    fn new(which: Loop, policy: RetryPolicy) -> Self {
        Self { which, policy, told: Vec::new(), waits: Vec::new() }
    }

    /// `Retry.increment`: an attempt has failed. `Ok` if there is to be another.
    async fn increment(&mut self, args: &Value) -> Result<(), BoxError> {
        self.told.push(args.clone());
        let method = self.told[0]["method"].as_str().unwrap_or("GET").to_owned();
        match self.after(&method, self.told.iter().map(failure).collect()).await {
            Ok(wait) => {
                self.waits.push(wait);
                Ok(())
            }
            Err(outcome) => Err(outcome.err().unwrap_or_else(|| "a response is the outcome".into())),
        }
    }

    /// The wait before the attempt after these, or the outcome if there is to be none.
    async fn after(&self, method: &str, outcomes: VecDeque<Outcome>) -> Result<Duration, Outcome> {
        let (failing, outcomes) = (outcomes.len(), Mutex::new(outcomes));
        let sent = Mutex::new(Vec::new());
        let server = service_fn(|_: Request<String>| {
            sent.lock().unwrap().push(Instant::now());
            let outcome = outcomes.lock().unwrap().pop_front();
            async { outcome.unwrap_or_else(|| Ok(Response::new(()))) }
        });
        let request = Request::builder().method(method).body(String::new()).unwrap();
        let service = ServiceBuilder::new().layer(self.which.retry(self.policy.clone())).service(server);
        let outcome = service.oneshot(request).await;
        let sent = sent.lock().unwrap();
        assert!(sent.len() >= failing, "it ended before");
        match sent.get(failing) {
            Some(next) => Ok(*next - sent[failing - 1]),
            None => Err(outcome),
        }
    }

    /// How many failures of this kind would still be retried.
    async fn left(&self, args: &Value) -> u64 {
        let mut copy = self.clone();
        let mut left = 0;
        while copy.increment(args).await.is_ok() {
            left += 1;
        }
        left
    }
}

async fn replay(which: Loop, case: &Value) {
    let policy = constructed(&case["constructor"]);
    let mut call = Call::new(which, policy.clone());
    for step in case["steps"].as_array().unwrap() {
        let (args, expect) = (&step["args"], &step["expect"]);
        match step["op"].as_str().unwrap() {
            "increment" => {
                for _ in 0..step["times"].as_u64().unwrap_or(1) {
                    let outcome = call.increment(args).await;
                    check_increment(expect, &outcome);
                }
            }
            "increment_detached" => {
                let mut detached = call.clone();
                detached.increment(args).await.unwrap();
                assert_eq!(call.left(args).await, expect["original_total"].as_u64().unwrap());
                assert_eq!(detached.left(args).await, expect["new_total"].as_u64().unwrap());
            }
            "check" => check(&call, expect).await,
            "is_retry" => {
                let mut response = status(args["status"].as_u64().unwrap());
                if args["has_retry_after"].as_bool().unwrap() {
                    response.headers_mut().insert("retry-after", "1".parse().unwrap());
                }
                let mut outcomes: VecDeque<_> = call.told.iter().map(failure).collect();
                outcomes.push_back(Ok(response));
                let retried = call.after(args["method"].as_str().unwrap(), outcomes).await;
                assert_eq!(retried.is_ok(), expect.as_bool().unwrap());
            }
            "parse_retry_after" => {
                let wait = asked(which, &policy, step["value"].as_str().unwrap(), 503).await;
                assert_eq!(wait.map(|wait| wait.as_secs()), expect["seconds"].as_u64());
                assert!(expect["raises"].is_null(), "nothing raises");
            }
            "sleep" => {
                let now = humantime(step["now"].as_str().unwrap());
                let policy = policy.clone().clock(move || now);
                let response = &step["response"];
                let value = response["headers"]["Retry-After"].as_str().unwrap();
                let wait = asked(which, &policy, value, response["status"].as_u64().unwrap()).await;
                let expected = expect["sleep_seconds"].as_u64().unwrap_or(0);
                assert_eq!(wait.unwrap_or_default().as_secs(), expected);
            }
            // `respect_retry_after_header` of a copy: a clone shares its settings
            "new" => {
                let wait = asked(which, &policy, "7", 503).await;
                assert_eq!(
                    wait,
                    expect["respect_retry_after_header"].as_bool().unwrap().then_some(Duration::from_secs(7))
                );
            }
            op => panic!("unknown step {op}"),
        }
    }
}

/// The wait that a fresh call makes of a `Retry-After`.
async fn asked(which: Loop, policy: &RetryPolicy, value: &str, code: u64) -> Option<Duration> {
    let mut response = status(code);
    response.headers_mut().insert("retry-after", http::HeaderValue::from_bytes(value.as_bytes()).unwrap());
    Call::new(which, policy.clone()).after("GET", [Ok(response)].into()).await.ok()
}

fn check_increment(expect: &Value, outcome: &Result<(), BoxError>) {
    assert_eq!(outcome.is_ok(), expect["ok"].as_bool().unwrap_or(false));
    let Err(error) = outcome else { return };
    match expect["raises"].as_str().unwrap() {
        // what was used up is told by the reason to stop; a policy without retries hands on what there is
        "MaxRetryError" => {
            let stop = RetryError::find(&**error).and_then(RetryError::stop_reason);
            assert!(
                matches!(stop, None | Some(StopReason::Attempts | StopReason::PhaseAttempts(_))),
                "{stop:?}"
            );
        }
        "ConnectTimeoutError" => {
            let stop = RetryError::find(&**error).unwrap().stop_reason();
            assert_eq!(stop, Some(StopReason::PhaseAttempts(Phase::Connect)));
        }
        original => assert_eq!(error.to_string(), original),
    }
    if let Some(text) = expect["message_contains"].as_str() {
        // the text of the error that the upstream test uses
        let text = if text == "conntimeout" { "connect_timeout" } else { text };
        let story = RetryError::find(&**error).map(|error| error.history().to_string());
        let story = story.unwrap_or_else(|| error.to_string());
        assert!(story.contains(text), "{story}");
    }
}

async fn check(call: &Call, expect: &Value) {
    for (name, value) in expect.as_object().unwrap() {
        match (name.as_str(), value.as_u64()) {
            ("total", Some(left)) => assert_eq!(call.left(&Value::Null).await, left),
            ("connect", Some(left)) => {
                assert_eq!(call.left(&serde_json::json!({ "error": "connect_timeout" })).await, left);
            }
            ("read", Some(left)) => {
                assert_eq!(call.left(&serde_json::json!({ "error": "protocol_error" })).await, left);
            }
            ("backoff", _) => {
                let wait = call.waits.last().copied().unwrap_or_default();
                assert_eq!(wait, Duration::from_secs_f64(value.as_f64().unwrap()));
            }
            // no limit of its own: the total is all there is
            ("connect" | "read" | "status" | "other" | "redirect", None) => assert!(value.is_null()),
            ("is_exhausted", _) => assert!(!value.as_bool().unwrap()),
            (name, _) => panic!("{name} is not known here"),
        }
    }
}

/// The policy that urllib3's arguments describe.
fn constructed(arguments: &Value) -> RetryPolicy {
    let number = |name: &str| u32::try_from(arguments[name].as_u64()?).ok();
    let mut policy = RetryPolicy::urllib3(number("from_int").or(number("total")).unwrap_or(10))
        // increments without an error and without a status count as this one
        .statuses([StatusCode::IM_A_TEAPOT, StatusCode::BAD_REQUEST]);
    if let Some(list) = arguments["status_forcelist"].as_array() {
        policy = policy
            .statuses(list.iter().map(|code| StatusCode::from_u16(code.as_u64().unwrap() as u16).unwrap()));
    } else if arguments["status"].is_null() {
        policy = policy.statuses([StatusCode::IM_A_TEAPOT]);
    }
    if arguments.get("total").is_some_and(Value::is_null) {
        policy = policy.without_total();
    }
    for (name, phase) in [
        ("connect", Phase::Connect),
        ("read", Phase::Read),
        ("status", Phase::Status),
        ("other", Phase::Other),
    ] {
        if let Some(limit) = number(name) {
            policy = policy.retries_after(phase, limit);
        } else if arguments[name] == false {
            policy = policy.retries_after(phase, 0);
        }
    }
    match &arguments["allowed_methods"] {
        Value::Array(list) => {
            policy = policy.methods(list.iter().map(|name| name.as_str().unwrap().parse().unwrap()));
        }
        Value::Null if arguments.get("allowed_methods").is_some() => policy = policy.any_method(),
        _ => {}
    }
    if let Some(factor) = arguments["backoff_factor"].as_f64() {
        let cap = Duration::from_secs_f64(arguments["backoff_max"].as_f64().unwrap_or(120.0));
        policy =
            policy.backoff(Backoff::urllib3(Duration::from_secs_f64(factor)).cap(cap).jitter(Jitter::None));
    }
    if let Some(names) = arguments.as_object() {
        for name in names.keys() {
            assert!(
                !["redirect", "remove_headers_on_redirect"].contains(&name.as_str()),
                "no redirects here"
            );
        }
    }
    policy
}

fn failure(args: &Value) -> Outcome {
    if let Some(code) = args["response"]["status"].as_u64() {
        return Ok(status(code));
    }
    let Some(name) = args["error"].as_str() else { return Ok(status(418)) };
    let kind = match name {
        "connect_timeout" | "new_connection_error" => {
            return Err(
                PhasedError::new(Phase::Connect, Error::new(ErrorKind::ConnectionRefused, name)).into()
            );
        }
        "read_timeout" => ErrorKind::TimedOut,
        "protocol_error" => ErrorKind::UnexpectedEof,
        "ssl_error" => ErrorKind::InvalidData,
        other => panic!("unknown error {other}"),
    };
    Err(Error::new(kind, name).into())
}

fn status(code: u64) -> Response<()> {
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::from_u16(code as u16).unwrap();
    response
}

/// `2019-06-03T11:00:00Z`, the one moment of the file, through the parser that is there.
fn humantime(iso: &str) -> SystemTime {
    assert_eq!(iso, "2019-06-03T11:00:00Z");
    httpdate::parse_http_date("Mon, 03 Jun 2019 11:00:00 GMT").unwrap()
}
