//! Whatever is read makes a policy or an error, and never a panic; and what is written is read back.

use http::{Request, Response, StatusCode};
use proptest::prelude::*;
use serde_json::{Value, json};
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
use tower_retry_policy::{
    AttemptTimeoutLayer, DeadlineLayer, RetryLayer,
    settings::{ServiceConfig, StandardSettings},
};

/// Keys at every depth, and some that are nobody's.
const KEYS: [&str; 60] = [
    "deadline",
    "attempt",
    "retry",
    "hedge",
    "content",
    "head",
    "idle",
    "total",
    "preset",
    "retries",
    "retries_after",
    "connect",
    "read",
    "other",
    "statuses",
    "methods",
    "honour_idempotency_key",
    "retry_after",
    "refuse",
    "cap",
    "grpc_codes",
    "rate_limit_reset",
    "attempt_header",
    "last_response_as_error",
    "backoff",
    "kind",
    "first",
    "factor",
    "delays",
    "jitter",
    "first_retry_immediately",
    "budget",
    "ratio",
    "per_second",
    "window",
    "max_tokens",
    "token_ratio",
    "capacity",
    "initial",
    "cost_transient",
    "percent",
    "min",
    "per_host",
    "max_hosts",
    "host_idle",
    "after",
    "percentile",
    "floor",
    "ceiling",
    "samples",
    "over",
    "at_once",
    "hedges",
    "max_bytes",
    "drain_bytes",
    "compact",
    "methodConfig",
    "retryPolicy",
    "maxAttempts",
    "initialBackoff",
];

/// What people type, and what nobody should.
fn leaf() -> impl Strategy<Value = Value> {
    let texts = [
        "off",
        "0",
        "3",
        "0.5",
        "1s",
        "100ms",
        "0s",
        "365d",
        "366d",
        "1e30s",
        "-1s",
        "1",
        "",
        "none",
        "exponential",
        "constant",
        "linear",
        "schedule",
        "urllib3",
        "full",
        "decorrelated",
        "20%",
        "101%",
        "never",
        "standard",
        "ratio",
        "throttle",
        "quota",
        "in_flight",
        "any",
        "idempotent",
        "GET",
        "get",
        "UNAVAILABLE",
        "ignore",
        "x-attempt",
        "true",
        "429, 503",
        "\r\n",
    ];
    prop_oneof![
        8 => prop::sample::select(texts.to_vec()).prop_map(|text| json!(text)),
        2 => any::<i64>().prop_map(|number| json!(number)),
        2 => prop::sample::select(vec![0_u64, 1, 2, 3, 14, 100, 503, 1000, u64::from(u32::MAX), u64::MAX])
            .prop_map(|number| json!(number)),
        2 => any::<f64>().prop_map(|number| json!(number)),
        1 => prop::sample::select(vec![0.0, 0.2, 1.0, 95.0, 99.9, 100.0, 1e300]).prop_map(|number| json!(number)),
        1 => any::<bool>().prop_map(|on| json!(on)),
        1 => Just(Value::Null),
        1 => any::<String>().prop_map(|text| json!(text)),
    ]
}

fn tree() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 40, 8, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            4 => prop::collection::btree_map(prop::sample::select(KEYS.to_vec()), inner, 0..6)
                .prop_map(|map| map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Value>()),
        ]
    })
}

/// Settings whose single keys are right, in any combination: most of those can be meant.
fn likely() -> impl Strategy<Value = Value> {
    let duration = || prop::sample::select(vec!["1ns", "1ms", "100ms", "1s", "1m", "365d"]);
    let whole = || prop::sample::select(vec![0_u32, 1, 2, 3, 10, u32::MAX]);
    let limit = prop_oneof![duration(), Just("off")];
    (
        (limit.clone(), limit.clone(), limit.clone(), limit),
        (whole(), whole(), prop::sample::select(vec!["standard", "urllib3", "never"])),
        (
            prop::sample::select(vec!["none", "constant", "linear", "exponential", "urllib3"]),
            duration(),
            duration(),
        ),
        prop::sample::select(vec!["none", "full", "equal", "decorrelated", "100%", "365d"]),
        (prop::sample::select(vec!["none", "ratio", "throttle", "quota", "in_flight"]), any::<bool>()),
        (0.01_f64..=100.0, 0.01_f64..=1000.0, duration(), 2_u32..=1000),
    )
        .prop_map(|(limits, retries, backoff, jitter, budget, hedge)| {
            let (kind, first, cap) = backoff;
            let mut waits = json!({ "kind": kind, "cap": cap, "jitter": jitter });
            if kind != "none" {
                waits["first"] = json!(first);
            }
            let mut cost = json!({ "kind": budget.0 });
            if budget.0 != "none" {
                cost["per_host"] = json!(budget.1);
            }
            json!({
                "deadline": limits.0,
                "attempt": { "head": limits.1, "idle": limits.2, "total": limits.3 },
                "retry": {
                    "preset": retries.2, "retries": retries.0.min(10), "retries_after": { "read": retries.1 },
                    "backoff": waits, "budget": cost, "grpc_codes": [14], "methods": "any",
                },
                "hedge": { "percentile": hedge.0, "factor": hedge.1, "over": hedge.2, "at_once": hedge.3 },
            })
        })
}

/// Builds all there is of the settings and calls it twice over a server that fails, and once over one that answers.
fn used(settings: &StandardSettings) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let Ok(policy) = settings.policy() else { return };
        let retry = RetryLayer::new(policy);
        let retry = match settings.hedge().unwrap() {
            Some(hedge) => retry.hedge(hedge),
            None => retry,
        };
        let limits = AttemptTimeoutLayer::from(settings.timeouts().unwrap());
        let deadline = settings.deadline().unwrap().unwrap_or(std::time::Duration::from_secs(3600));
        for status in [StatusCode::SERVICE_UNAVAILABLE, StatusCode::SERVICE_UNAVAILABLE, StatusCode::OK] {
            let server = service_fn(move |_: Request<String>| async move {
                Ok::<_, BoxError>(Response::builder().status(status).body(String::new()).unwrap())
            });
            // without a bound an endless count of retries would run for ever
            let deadline = DeadlineLayer::new(deadline.min(std::time::Duration::from_millis(200)));
            let stack =
                ServiceBuilder::new().layer(deadline).layer(retry.clone()).layer(limits).service(server);
            let request = Request::get("http://example.com/").body(String::new()).unwrap();
            let _ = stack.oneshot(request).await;
        }
    });
}

fn says_so(error: &str) -> bool {
    !error.is_empty() && error.len() < 2_000 && !error.contains(char::is_control)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_tree_is_settings_or_an_error(tree in tree()) {
        match serde_json::from_value::<StandardSettings>(tree.clone()) {
            Err(error) => prop_assert!(says_so(&error.to_string()), "{error}"),
            Ok(settings) => {
                prop_assert_eq!(&toml::from_str::<StandardSettings>(&settings.to_toml()).unwrap(), &settings);
                let json = serde_json::to_value(&settings).unwrap();
                prop_assert_eq!(&serde_json::from_value::<StandardSettings>(json).unwrap(), &settings);
            }
        }
        if let Err(error) = serde_json::from_value::<ServiceConfig>(tree) {
            prop_assert!(says_so(&error.to_string()), "{error}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_can_be_meant_is_built_used_and_read_back(tree in likely()) {
        let settings: StandardSettings = serde_json::from_value(tree).unwrap();
        used(&settings);
        let explicit = settings.explicit().unwrap();
        let again: StandardSettings = toml::from_str(&explicit.to_toml()).unwrap();
        prop_assert_eq!(&again, &explicit);
        prop_assert_eq!(&again.explicit().unwrap(), &explicit);
        let told = |settings: &StandardSettings| format!("{:?}", settings.policy().unwrap());
        prop_assert_eq!(told(&again), told(&settings));
        prop_assert_eq!(again.hedge().unwrap(), settings.hedge().unwrap());
        prop_assert_eq!(again.timeouts().unwrap(), settings.timeouts().unwrap());
        prop_assert_eq!(again.deadline().unwrap(), settings.deadline().unwrap());
    }
}
