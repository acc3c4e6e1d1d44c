//! Settings on top of a policy that exists: what is not set stays.

use http::{Method, StatusCode};
use std::time::Duration;
use tower_backoff::{Backoff, Jitter};
use tower_retry_policy::{
    Phase, RetryAfter, RetryPolicy,
    budget::ThrottleBudget,
    settings::{BackoffSettings, RetrySettings},
};

fn authors() -> RetryPolicy {
    RetryPolicy::standard()
        .retries(7)
        .retries_after(Phase::Connect, 3)
        .statuses([StatusCode::IM_A_TEAPOT])
        .methods([Method::POST])
        .honour_idempotency_key(false)
        .retry_after(RetryAfter::Cap(Duration::from_secs(9)))
        .grpc([14])
        .rate_limit_reset(true)
        .attempt_header("x-attempt".parse().unwrap())
        .last_response_as_error(true)
        .retry_exhausted_inner(true)
        .retry_same_content(true)
        .retry_unauthorized(true)
        .backoff(
            Backoff::linear(Duration::from_secs(1)).cap(Duration::from_secs(8)).first_retry_immediately(),
        )
        .budget(ThrottleBudget::new().max_tokens(77))
        .observer(tower_retry_policy::MetricsObserver::new())
        .retry_if(|_| true)
}

fn told(policy: &RetryPolicy) -> String {
    format!("{policy:?}")
}

#[test]
fn one_key_changes_one_setting() {
    let linear = || Backoff::linear(Duration::from_secs(1)).cap(Duration::from_secs(8));
    let table = [
        ("", authors()),
        ("retries = 5", authors().retries(5)),
        ("retries = 'off'", authors().without_total()),
        ("retries_after.connect = 0", authors().retries_after(Phase::Connect, 0)),
        ("statuses = []", authors().statuses([])),
        ("methods = 'any'", authors().any_method()),
        ("methods = []", authors().methods([])),
        ("honour_idempotency_key = true", authors().honour_idempotency_key(true)),
        ("retry_after = 'ignore'", authors().retry_after(RetryAfter::Ignore)),
        ("grpc_codes = [8, 'aborted']", authors().grpc([8, 10])),
        ("rate_limit_reset = false", authors().rate_limit_reset(false)),
        ("attempt_header = 'y'", authors().attempt_header("y".parse().unwrap())),
        ("last_response_as_error = false", authors().last_response_as_error(false)),
        ("retry_exhausted_inner = false", authors().retry_exhausted_inner(false)),
        ("retry_same_content = false", authors().retry_same_content(false)),
        ("retry_unauthorized = false", authors().retry_unauthorized(false)),
        ("budget.kind = 'throttle'", authors().budget(ThrottleBudget::new())),
        ("budget = 'none'", authors().without_budget()),
        ("backoff.first_retry_immediately = false", authors().backoff(linear())),
        (
            "backoff.cap = '2s'",
            authors().backoff(linear().cap(Duration::from_secs(2)).first_retry_immediately()),
        ),
        (
            "backoff.cap = 'off'",
            authors().backoff(Backoff::linear(Duration::from_secs(1)).first_retry_immediately()),
        ),
        (
            "backoff.jitter = 'equal'",
            authors().backoff(linear().jitter(Jitter::Equal).first_retry_immediately()),
        ),
        (
            "backoff.kind = 'exponential'",
            authors().backoff(
                Backoff::exponential(Duration::from_secs(1))
                    .cap(Duration::from_secs(8))
                    .first_retry_immediately(),
            ),
        ),
    ];
    for (text, expected) in table {
        let settings: RetrySettings = toml::from_str(text).expect(text);
        assert_eq!(told(&settings.apply(authors()).expect(text)), told(&expected), "{text}");
    }
}

#[test]
fn off_takes_away() {
    let settings: RetrySettings =
        toml::from_str("grpc_codes = 'off'\nattempt_header = 'off'\nretries_after.connect = 'off'").unwrap();
    let told = told(&settings.apply(authors()).unwrap());
    assert!(told.contains("attempt_header: None"), "{told}");
    assert!(!told.contains("connect"), "{told}");
    assert!(!told.contains("grpc_pushback: true"), "{told}");
}

#[test]
fn a_preset_begins_anew_and_keeps_the_budget_and_the_observers() {
    let settings: RetrySettings = toml::from_str("preset = 'never'").unwrap();
    let told = told(&settings.apply(authors()).unwrap());
    for kept in ["max_tokens: 77", "MetricsObserver", "condition: true"] {
        assert!(told.contains(kept), "{kept}: {told}");
    }
    for gone in ["418", "x-attempt", "connect", "Linear"] {
        assert!(!told.contains(gone), "{gone}: {told}");
    }
    assert!(told.contains("retries: Some(0)"), "{told}");
}

#[test]
fn what_is_read_of_a_policy_makes_the_same_policy() {
    let settings = RetrySettings::from(&authors());
    let read: RetrySettings = toml::from_str(&settings.to_toml()).unwrap();
    assert_eq!(read, settings);
    let plain = || RetryPolicy::standard().without_budget();
    let copy = read.apply(plain()).unwrap().budget(ThrottleBudget::new().max_tokens(77));
    let copy = copy.observer(tower_retry_policy::MetricsObserver::new()).retry_if(|_| true);
    assert_eq!(told(&copy), told(&authors()));
}

#[test]
fn each_kind_of_backoff_is_read_and_written() {
    let seconds = Duration::from_secs;
    let table = [
        ("kind = 'none'\njitter = 'none'\ncap = 'off'", Backoff::none()),
        ("kind = 'none'\njitter = 'none'", Backoff::none().cap(seconds(10))),
        (
            "kind = 'constant'\nfirst = '1s'\njitter = 'full'",
            Backoff::constant(seconds(1)).jitter(Jitter::Full).cap(seconds(10)),
        ),
        (
            "kind = 'linear'\nfirst = '1s'\njitter = 'equal'",
            Backoff::linear(seconds(1)).jitter(Jitter::Equal).cap(seconds(10)),
        ),
        (
            "factor = 3\njitter = 'decorrelated'",
            Backoff::exponential(Duration::from_millis(100))
                .factor(3)
                .jitter(Jitter::Decorrelated)
                .cap(seconds(10)),
        ),
        (
            "kind = 'urllib3'\njitter = '25%'\ncap = '20s'",
            Backoff::urllib3(Duration::from_millis(100))
                .jitter(Jitter::Proportional { percent: 25 })
                .cap(seconds(20)),
        ),
        (
            "kind = 'schedule'\ndelays = ['1s', '5s']\njitter = '2s'",
            Backoff::schedule([seconds(1), seconds(5)]).jitter(Jitter::Additive(seconds(2))).cap(seconds(10)),
        ),
        (
            "kind = 'schedule'\ndelays = '1s, 5s'\nfirst_retry_immediately = true",
            Backoff::schedule([seconds(1), seconds(5)])
                .jitter(Jitter::Full)
                .cap(seconds(10))
                .first_retry_immediately(),
        ),
    ];
    for (text, expected) in table {
        let settings: BackoffSettings = toml::from_str(text).expect(text);
        let backoff = settings.backoff().expect(text);
        assert_eq!(backoff, expected, "{text}");
        let written = BackoffSettings::from(&backoff);
        assert_eq!(toml::from_str::<BackoffSettings>(&written.to_toml()).unwrap(), written, "{text}");
        assert_eq!(
            written.apply(&Backoff::none().cap(seconds(1)).first_retry_immediately()).unwrap(),
            expected,
            "{text}"
        );
    }
}
