//! The budgets against the test cases of the projects that they are known from; each case in `vectors/` names
//! its source.

#![expect(clippy::panic, clippy::unwrap_used, reason = "the helpers of a test may fail it too")]

use serde_json::Value;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tower::retry::budget::Budget;
use tower_retry_policy::budget::{
    EmptyBudget, FailureKind, QuotaBudget, RatioBudget, RequestEnd, RetryBudget, ThrottleBudget,
    UnlimitedBudget,
};

/// tokio's time, as the policy hands it on.
fn now() -> std::time::Instant {
    tokio::time::Instant::now().into_std()
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("a vector file is JSON")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn number(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap_or_else(|| panic!("{key} in {value}"))
}

// ===== Finagle =====

#[test]
fn finagle_budgets() {
    let vectors = parsed(include_str!("vectors/finagle_budget.json"));
    let cases = list(&vectors, "budget_cases");
    assert!(cases.len() >= 8);
    for case in cases {
        let (id, params, expect) = (&case["id"], &case["params"], &case["expect"]);
        let budget = RatioBudget::new()
            .ratio(params["percent_can_retry"].as_f64().unwrap())
            .per_second(number(params, "min_retries_per_sec") as u32)
            .window(Duration::from_secs(number(params, "ttl_s")))
            .clock(|| Duration::ZERO);
        assert_eq!(budget.balance(), number(expect, "initial_balance"), "{id}");
        if let Some(granted) = expect["initial_try_withdraw"].as_bool() {
            assert_eq!(Budget::withdraw(&budget), granted, "{id}");
        }
        if expect["after"].is_string() {
            for _ in 0..10_000 {
                budget.deposit();
            }
            assert_eq!(budget.balance(), number(expect, "balance"), "{id}");
            continue;
        }
        let mut granted = 0_u64;
        for _ in 0..10_000 {
            budget.deposit();
            if Budget::withdraw(&budget) {
                granted += 1;
            } else {
                assert_eq!(budget.balance(), 0, "{id}");
            }
        }
        let expected = number(expect, "retried_expected");
        assert!(granted.abs_diff(expected) <= number(expect, "tolerance"), "{id}: {granted} of {expected}");
    }
}

#[test]
fn finagle_special_budgets() {
    let budgets: [(&str, &dyn RetryBudget); 3] = [
        ("Empty", &EmptyBudget::new()),
        ("Empty", &RatioBudget::new().ratio(0.0).per_second(0)),
        ("Infinite", &UnlimitedBudget::new()),
    ];
    let vectors = parsed(include_str!("vectors/finagle_budget.json"));
    for (id, budget) in budgets {
        let case = list(&vectors, "special").iter().find(|case| case["id"] == id).unwrap();
        for op in list(case, "ops") {
            match op[0].as_str().unwrap() {
                "deposit" => budget.settle(RequestEnd::FirstTry, now()),
                "try_withdraw" => assert_eq!(budget.withdraw(FailureKind::Transient, now()), op[1], "{id}"),
                // Finagle's infinite budget calls its balance 100; here it is the largest number.
                "balance" => assert!(budget.balance() >= op[1].as_u64().unwrap(), "{id}"),
                other => panic!("{other}"),
            }
        }
    }
}

#[test]
fn finagle_token_buckets() {
    let vectors = parsed(include_str!("vectors/finagle_budget.json"));
    let mut replayed = 0;
    for case in list(&vectors, "token_bucket").iter().filter(|case| case["kind"] == "leaky") {
        let now = Arc::new(AtomicU64::new(0));
        let clock = Arc::clone(&now);
        let ttl = number(case, "ttl_ms");
        let reserve = number(case, "reserve");
        // A bucket of 100 in a window of 3 s is no whole number per second: everything is three times as much.
        let scale = ttl / 1000;
        let budget = RatioBudget::new()
            .ratio(1.0)
            .window(Duration::from_millis(ttl))
            .per_second(reserve as u32)
            .clock(move || Duration::from_millis(clock.load(Ordering::SeqCst)));
        for op in list(case, "ops") {
            let amount = op[1].as_u64().unwrap();
            match op[0].as_str().unwrap() {
                "put" => (0..amount * scale).for_each(|_| budget.deposit()),
                "advance_ms" => _ = now.fetch_add(amount, Ordering::SeqCst),
                "get" => {
                    let time = now.load(Ordering::SeqCst);
                    let there = budget.balance() >= amount * scale;
                    // Twitter's window moves only when it is looked at, and then starts anew from that
                    // moment: three looks a second apart leave it at nine tenths where the time is up.
                    let drifted = case["id"] == "reserve" && time == 3000;
                    assert_eq!(there, op[2].as_bool().unwrap() || drifted, "{} at {time} ms", case["id"]);
                    if there && !drifted {
                        (0..amount * scale).for_each(|_| assert!(Budget::withdraw(&budget)));
                    }
                }
                other => panic!("{other}"),
            }
        }
        replayed += 1;
    }
    assert_eq!(replayed, 2);
}

/// The third bucket of Finagle is bounded and has no time: a quota with a price of one.
#[test]
fn finagle_bounded_bucket() {
    let vectors = parsed(include_str!("vectors/finagle_budget.json"));
    let case = list(&vectors, "token_bucket").iter().find(|case| case["kind"] == "bounded").unwrap();
    let budget =
        QuotaBudget::new().capacity(number(case, "limit") as u32).initial(0).cost(FailureKind::Transient, 1);
    for op in list(case, "ops") {
        let amount = op[1].as_u64().unwrap();
        match op[0].as_str().unwrap() {
            "put" => (0..amount).for_each(|_| budget.settle(RequestEnd::FirstTry, now())),
            "count" => assert_eq!(budget.tokens(), amount),
            "get" => {
                let there = budget.tokens() >= amount;
                assert_eq!(there, op[2].as_bool().unwrap());
                if there {
                    (0..amount)
                        .for_each(|_| assert!(RetryBudget::withdraw(&budget, FailureKind::Transient, now())));
                }
            }
            other => panic!("{other}"),
        }
    }
}

// ===== gRPC =====

fn throttle(config: &Value) -> ThrottleBudget {
    ThrottleBudget::new()
        .max_tokens(number(config, "max_tokens") as u32)
        .token_ratio(config["token_ratio"].as_f64().unwrap())
}

#[test]
fn grpc_throttling_by_operation() {
    let vectors = parsed(include_str!("vectors/grpc_throttle.json"));
    let mut replayed = 0;
    for case in list(&vectors, "cases").iter().filter(|case| case["ops"].is_array()) {
        let budget = throttle(&case["config"]);
        for op in list(case, "ops") {
            for _ in 0..number(op, "times") {
                match op["op"].as_str().unwrap() {
                    "ok" => budget.settle(RequestEnd::FirstTry, now()),
                    "retryable_failure" | "pushback_no_retry" => budget.failed(FailureKind::Transient, now()),
                    other => panic!("{other}"),
                }
            }
            assert!(
                (budget.tokens() - op["tokens"].as_f64().unwrap()).abs() < 1e-9,
                "{op} in {}",
                case["id"]
            );
            let allowed = RetryBudget::withdraw(&budget, FailureKind::Transient, now());
            assert_eq!(allowed, op["retry_allowed"].as_bool().unwrap(), "{op} in {}", case["id"]);
        }
        replayed += 1;
    }
    assert_eq!(replayed, 4);
}

#[test]
fn grpc_throttling_by_call() {
    let vectors = parsed(include_str!("vectors/grpc_throttle.json"));
    let case = list(&vectors, "cases").iter().find(|case| case["rpcs"].is_array()).unwrap();
    let budget = throttle(&case["config"]);
    let good: Vec<u64> = list(case, "server_ok_call_indices").iter().filter_map(Value::as_u64).collect();
    let mut calls = 0;
    for rpc in list(case, "rpcs") {
        let mut attempts = 0;
        let ok = loop {
            let ok = good.contains(&calls);
            (calls, attempts) = (calls + 1, attempts + 1);
            if ok {
                budget.settle(RequestEnd::FirstTry, now());
                break true;
            }
            budget.failed(FailureKind::Transient, now());
            let left = attempts < number(&case["config"], "max_attempts");
            if !left || !RetryBudget::withdraw(&budget, FailureKind::Transient, now()) {
                budget.settle(RequestEnd::Failed, now());
                break false;
            }
        };
        assert_eq!(ok, rpc["expected_code"] == "OK", "{rpc}");
        assert_eq!(calls, number(rpc, "server_calls_so_far"), "{rpc}");
        assert!((budget.tokens() - rpc["tokens_after"].as_f64().unwrap()).abs() < 1e-9, "{rpc}");
        let allowed = RetryBudget::withdraw(&budget, FailureKind::Transient, now());
        assert_eq!(allowed, rpc["retry_allowed_after"].as_bool().unwrap(), "{rpc}");
    }
}

// ===== AWS =====

fn quota(spec: &Value) -> QuotaBudget {
    match spec.as_str() {
        Some("2.0") => QuotaBudget::legacy(),
        Some("2.1") => QuotaBudget::new(),
        other => panic!("{other:?}"),
    }
}

fn kind(name: &Value) -> FailureKind {
    match name.as_str().map(str::to_lowercase).as_deref() {
        Some("transient") => FailureKind::Transient,
        Some("timeout") => FailureKind::Timeout,
        Some("throttling") => FailureKind::Throttled,
        other => panic!("{other:?}"),
    }
}

#[test]
fn aws_sequences() {
    let vectors = parsed(include_str!("vectors/aws_standard.json"));
    let sequences = list(&vectors, "sequences");
    assert!(sequences.len() >= 11);
    for sequence in sequences {
        let budget = quota(&sequence["spec"]);
        let budget = match sequence["given"]["initial_quota"].as_u64() {
            Some(tokens) => budget.initial(tokens as u32),
            None => budget,
        };
        let mut retries = 0;
        for step in list(sequence, "steps") {
            let (expected, name) = (&step["expected"], &sequence["name"]);
            match expected["outcome"].as_str().unwrap() {
                "retry_request" => {
                    assert!(RetryBudget::withdraw(&budget, FailureKind::Transient, now()), "{name}");
                    retries += 1;
                }
                "retry_quota_exceeded" => {
                    assert!(!RetryBudget::withdraw(&budget, FailureKind::Transient, now()), "{name}");
                }
                "max_attempts_exceeded" => budget.settle(RequestEnd::Failed, now()),
                "success" if retries > 0 => {
                    budget.settle(RequestEnd::AfterRetry(FailureKind::Transient), now());
                    retries = 0;
                }
                "success" => budget.settle(RequestEnd::FirstTry, now()),
                other => panic!("{other}"),
            }
            assert_eq!(budget.tokens(), number(expected, "retry_quota"), "{name}");
        }
    }
}

#[test]
fn aws_prices() {
    let vectors = parsed(include_str!("vectors/aws_standard.json"));
    for case in list(&vectors, "quota_policy") {
        let name = &case["name"];
        let start = case["start"].as_u64().unwrap_or(500);
        let budget = quota(&case["spec"]).initial(start as u32);
        let failure = case["kind"].is_string().then(|| kind(&case["kind"]));
        if let Some(failure) = failure {
            assert!(RetryBudget::withdraw(&budget, failure, now()), "{name}");
        }
        if let Some(cost) = case["cost"].as_u64() {
            assert_eq!(budget.tokens(), start - cost, "{name}");
        }
        match (case["then"].as_str(), failure) {
            (Some("success"), Some(failure)) => budget.settle(RequestEnd::AfterRetry(failure), now()),
            (Some("success_no_retry"), None) => budget.settle(RequestEnd::FirstTry, now()),
            (Some("failure"), _) => budget.settle(RequestEnd::Failed, now()),
            (None, _) => {}
            other => panic!("{other:?}"),
        }
        assert_eq!(budget.tokens(), number(case, "after"), "{name}");
    }
    for case in list(&vectors, "quota_arithmetic") {
        let budget = QuotaBudget::new().capacity(number(case, "capacity") as u32);
        // Prices that differ from one call to the next, as three kinds of failure.
        let mut budget = budget;
        for (op, failure) in list(case, "ops").iter().zip([
            FailureKind::Transient,
            FailureKind::Timeout,
            FailureKind::Throttled,
        ]) {
            let tokens = budget.tokens() as u32;
            budget = budget.cost(failure, op[1].as_u64().unwrap() as u32);
            assert_eq!(budget.tokens() as u32, tokens, "a price changes no store");
            match op[0].as_str().unwrap() {
                "acquire" => {
                    assert_eq!(
                        RetryBudget::withdraw(&budget, failure, now()),
                        op[2].as_bool().unwrap(),
                        "{case}"
                    );
                }
                "release" => budget.give_back(failure, now()),
                other => panic!("{other}"),
            }
            assert_eq!(budget.tokens(), op[3].as_u64().unwrap(), "{case}");
        }
    }
    for table in list(&vectors, "typescript_timing_tables") {
        // Before 2026 that SDK charged 10 for a transient failure.
        let old = table["variant"] == "pre-2026";
        let budget =
            if old { QuotaBudget::legacy().cost(FailureKind::Transient, 10) } else { QuotaBudget::new() };
        // The price is that of the failure in the row, taken before the retry that the row is.
        for row in list(table, "rows").iter().filter(|row| row["cost"].is_u64()) {
            let before = budget.tokens();
            assert!(RetryBudget::withdraw(&budget, kind(&row["error_kind"]), now()), "{row}");
            assert_eq!(before - budget.tokens(), number(row, "cost"), "{row} in {}", table["name"]);
        }
        assert_eq!(budget.tokens(), number(table, "expected_quota_after"), "{}", table["name"]);
    }
}
