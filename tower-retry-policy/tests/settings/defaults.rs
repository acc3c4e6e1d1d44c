//! An empty file is the standard policy, and what is printed of it says so.

use std::time::Duration;
use tower_content_check::{ContentCheckLayer, check::Length};
use tower_retry_policy::{
    RetryPolicy,
    attempt_timeout::AttemptTimeouts,
    budget::{InFlightBudget, QuotaBudget, ThrottleBudget},
    retry::{Hedge, Percentile},
    settings::{BudgetSettings, Preset, RetrySettings, StandardSettings},
};

/// A policy's own text has all of its settings, and its budget's with what is in it.
fn told(policy: &RetryPolicy) -> String {
    format!("{policy:?}")
}

const STANDARD: &str = r#"deadline = "30s"

[attempt]
head = "5s"
idle = "5s"
total = "10s"

[retry]
preset = "standard"
retries = 2
statuses = [408, 429, 500, 502, 503, 504]
methods = "idempotent"
honour_idempotency_key = true
grpc_codes = "off"
rate_limit_reset = false
attempt_header = "off"
last_response_as_error = false
retry_exhausted_inner = false
retry_same_content = false
retry_unauthorized = false

[retry.retry_after]
refuse = "60s"

[retry.retries_after]
connect = "off"
unprocessed = "off"
read = "off"
status = "off"
body = "off"
content = "off"
other = 0

[retry.backoff]
kind = "exponential"
first = "100ms"
factor = 2
cap = "10s"
jitter = "full"
first_retry_immediately = false

[retry.budget]
kind = "ratio"
ratio = 0.2
per_second = 10
window = "10s"
per_host = false

[hedge]
after = "off"

[content]
max_bytes = 16777216
drain_bytes = 65536
compact = false
"#;

#[test]
fn every_default_is_printed_and_read_back() {
    assert_eq!(StandardSettings::standard().to_toml(), STANDARD);
    let read: StandardSettings = toml::from_str(STANDARD).unwrap();
    assert_eq!(read, StandardSettings::standard());
    assert_eq!(read.explicit().unwrap(), read);
    assert_eq!(told(&read.policy().unwrap()), told(&RetryPolicy::standard()));
}

#[test]
fn nothing_is_the_standard_policy() {
    let empty: StandardSettings = serde_json::from_str("{}").unwrap();
    assert_eq!(empty, StandardSettings::default());
    assert_eq!(empty.to_toml(), "");
    assert_eq!(told(&empty.policy().unwrap()), told(&RetryPolicy::standard()));
    assert_eq!(empty.deadline().unwrap(), Some(Duration::from_secs(30)));
    assert_eq!(empty.hedge().unwrap(), None);
    let limits = |head, total| {
        let (head, total) = (Duration::from_secs(head), Duration::from_secs(total));
        AttemptTimeouts::new().head(head).idle(head).total(total)
    };
    assert_eq!(empty.timeouts().unwrap(), limits(5, 10));
    let longer: StandardSettings = toml::from_str("deadline = '60s'").unwrap();
    assert_eq!(longer.timeouts().unwrap(), limits(10, 20));
    let own: StandardSettings = toml::from_str("attempt = { head = '1s', idle = 'off' }").unwrap();
    let expected = AttemptTimeouts::new().head(Duration::from_secs(1)).total(Duration::from_secs(10));
    assert_eq!(own.timeouts().unwrap(), expected);
}

#[test]
fn the_check_keeps_its_defaults() {
    let layer = || ContentCheckLayer::new(Length::new());
    let explicit = StandardSettings::standard().content;
    assert_eq!(format!("{:?}", explicit.apply(layer()).unwrap()), format!("{:?}", layer()));
    let own: StandardSettings =
        toml::from_str("content = { max_bytes = 5, drain_bytes = 0, compact = true }").unwrap();
    let expected = layer().max_bytes(5).drain_bytes(0).compact();
    assert_eq!(format!("{:?}", own.content.apply(layer()).unwrap()), format!("{expected:?}"));
}

#[test]
fn presets_are_those_of_the_policy() {
    let table = [
        ("standard", Preset::Standard, RetryPolicy::standard()),
        ("urllib3", Preset::Urllib3, RetryPolicy::urllib3(3)),
        ("never", Preset::Never, RetryPolicy::never()),
    ];
    for (name, preset, policy) in table {
        let settings: StandardSettings = toml::from_str(&format!("retry = '{name}'")).unwrap();
        assert_eq!(settings.retry.preset, Some(preset));
        assert_eq!(told(&settings.policy().unwrap()), told(&policy), "{name}");
        let explicit = settings.explicit().unwrap();
        let again: StandardSettings = toml::from_str(&explicit.to_toml()).unwrap();
        assert_eq!(told(&again.policy().unwrap()), told(&policy), "{name}");
    }
}

#[test]
fn each_key_of_a_hedge_is_the_hedges() {
    let (ms, second) = (Duration::from_millis(20), Duration::from_secs(1));
    let learnt = || Percentile::new(95.0);
    let table = [
        ("", None),
        ("after = 'off'", None),
        ("after = '1s'", Some(Hedge::after(second))),
        ("after = '0s'", Some(Hedge::after(Duration::ZERO))),
        ("after = '1s'\nat_once = 3", Some(Hedge::after(second).at_once(3))),
        ("after = '1s'\nhedges = 4", Some(Hedge::after(second).hedges(4))),
        ("after = '1s'\nhedges = 'off'", Some(Hedge::after(second))),
        ("percentile = 95", Some(Hedge::after(learnt()))),
        ("percentile = 95\nfactor = 1.5", Some(Hedge::after(learnt().factor(1.5)))),
        ("percentile = 95\nfloor = '20ms'", Some(Hedge::after(learnt().floor(ms)))),
        ("percentile = 95\nceiling = '1s'", Some(Hedge::after(learnt().ceiling(second)))),
        ("percentile = 95\nceiling = 'off'", Some(Hedge::after(learnt()))),
        ("percentile = 95\nsamples = 7", Some(Hedge::after(learnt().samples(7)))),
        ("percentile = 95\nover = '1s'", Some(Hedge::after(learnt().over(second)))),
        ("percentile = 95\nafter = 'off'", Some(Hedge::after(learnt()))),
    ];
    for (text, expected) in table {
        let mut settings = StandardSettings::default();
        settings.hedge = toml::from_str(text).expect(text);
        assert_eq!(settings.hedge().unwrap(), expected, "{text}");
        assert_eq!(settings.explicit().unwrap().hedge().unwrap(), expected, "{text}");
    }
}

#[test]
fn each_kind_of_budget_has_its_own_defaults() {
    let plain = || RetryPolicy::standard();
    let table = [
        ("ratio", plain()),
        ("throttle", plain().budget(ThrottleBudget::new())),
        ("quota", plain().budget(QuotaBudget::new())),
        ("in_flight", plain().budget(InFlightBudget::new())),
        ("none", plain().without_budget()),
    ];
    for (kind, policy) in table {
        let settings: RetrySettings = toml::from_str(&format!("budget = '{kind}'")).unwrap();
        assert_eq!(told(&settings.policy().unwrap()), told(&policy), "{kind}");
        let explicit = settings.explicit().unwrap();
        assert_eq!(told(&explicit.policy().unwrap()), told(&policy), "{kind}");
        assert_eq!(toml::from_str::<RetrySettings>(&explicit.to_toml()).unwrap(), explicit);
    }
    let hosts: BudgetSettings = toml::from_str("per_host = true\nmax_hosts = 7\nhost_idle = '1m'").unwrap();
    let told = told(&hosts.apply(RetryPolicy::never()).unwrap());
    assert!(told.contains("max_keys: 7") && told.contains("idle: 60s"), "{told}");
}
