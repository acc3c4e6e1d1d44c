//! The budgets without a clock: their defaults, their limits, and that threads cannot overdraw them.

use proptest::prelude::*;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tower::retry::budget::Budget;
use tower_retry_policy::budget::{
    EmptyBudget, FailureKind, InFlightBudget, QuotaBudget, RatioBudget, RequestEnd, RetryBudget,
    ThrottleBudget, UnlimitedBudget,
};

const TRANSIENT: FailureKind = FailureKind::Transient;
const KINDS: [FailureKind; 3] = [FailureKind::Transient, FailureKind::Timeout, FailureKind::Throttled];

/// tokio's time, as the policy hands it on.
fn now() -> std::time::Instant {
    tokio::time::Instant::now().into_std()
}

fn granted_by_threads(threads: usize, budget: &dyn RetryBudget) -> u64 {
    let drain = || (0..).take_while(|_| budget.withdraw(TRANSIENT, now())).count() as u64;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(drain)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no thread panics")).sum()
    })
}

#[test]
fn defaults_are_those_of_their_origin() {
    // gRPC A6: 10 tokens, 0.1 each; four failures in a row are still retried.
    let throttle = ThrottleBudget::default();
    assert_eq!((throttle.tokens(), throttle.balance()), (10.0, 4));
    // AWS: 500 tokens; 35 retries of 14 without a success, 100 of 5.
    assert_eq!((QuotaBudget::default().tokens(), QuotaBudget::default().balance()), (500, 35));
    assert_eq!(QuotaBudget::legacy().balance(), 100);
    // Envoy: 20 % of what is in flight, and three.
    let in_flight = InFlightBudget::default();
    assert_eq!(in_flight.balance(), 3);
    (0..100).for_each(|_| in_flight.begin());
    assert_eq!(in_flight.balance(), 20);
}

#[test]
fn only_the_share_of_those_in_flight_tracks_them() {
    assert!(InFlightBudget::new().tracks_in_flight());
    let others: [&dyn RetryBudget; 5] = [
        &RatioBudget::new(),
        &ThrottleBudget::new(),
        &QuotaBudget::new(),
        &UnlimitedBudget::new(),
        &EmptyBudget::new(),
    ];
    assert!(others.iter().all(|budget| !budget.tracks_in_flight()));
}

#[test]
fn a_shared_budget_is_the_budget() {
    let budget = Arc::new(InFlightBudget::new().min(1));
    let shared: Arc<dyn RetryBudget> = Arc::clone(&budget) as _;
    assert!(shared.tracks_in_flight());
    shared.begin();
    assert_eq!(budget.requests(), 1);
    assert!(shared.withdraw(TRANSIENT, now()));
    assert_eq!((budget.retries(), shared.balance()), (1, 0));
    shared.retry_ended();
    assert!(shared.withdraw(TRANSIENT, now()));
    shared.give_back(TRANSIENT, now());
    assert_eq!(budget.retries(), 0);
    shared.end();
    assert_eq!(budget.requests(), 0);
    let throttle = Arc::new(ThrottleBudget::new());
    Arc::clone(&throttle).failed(TRANSIENT, now());
    assert_eq!(throttle.tokens(), 9.0);
    Arc::clone(&throttle).settle(RequestEnd::FirstTry, now());
    assert_eq!(throttle.tokens(), 9.1);
}

#[test]
fn all_of_them_are_towers_budgets() {
    fn used<B: Budget>(budget: &B, most: usize) {
        budget.deposit();
        let granted = (0..1000).take_while(|_| budget.withdraw()).count();
        assert_eq!(granted, most);
    }
    used(&RatioBudget::new().ratio(1.0).per_second(0), 1);
    used(&ThrottleBudget::new(), 4);
    used(&QuotaBudget::new(), 35);
    used(&InFlightBudget::new(), 3);
    used(&UnlimitedBudget::new(), 1000);
    used(&EmptyBudget::new(), 0);
}

#[test]
fn settings_beyond_their_range_count_as_the_nearest() {
    assert_eq!(ThrottleBudget::new().max_tokens(0).tokens(), 1.0);
    assert_eq!(ThrottleBudget::new().max_tokens(1001).tokens(), 1000.0);
    for (ratio, expected) in [
        (f64::NAN, 9.0),
        (-1.0, 9.0),
        (0.0, 9.0),
        (0.0009, 9.0),
        (0.29, 9.29),
        (0.5555, 9.555),
        (f64::INFINITY, 10.0),
    ] {
        let budget = ThrottleBudget::new().token_ratio(ratio);
        budget.failed(TRANSIENT, now());
        budget.settle(RequestEnd::FirstTry, now());
        assert_eq!(budget.tokens(), expected, "{ratio}");
    }
    assert_eq!(QuotaBudget::new().capacity(0).balance(), 0);
    assert_eq!(QuotaBudget::new().capacity(10).initial(11).tokens(), 10);
    let free = QuotaBudget::new().capacity(0).cost(TRANSIENT, 0);
    assert_eq!(free.balance(), u64::MAX);
    assert!(RetryBudget::withdraw(&free, TRANSIENT, now()));
    let in_flight = InFlightBudget::new().percent(u32::MAX).min(0);
    assert_eq!(in_flight.balance(), 0);
    in_flight.begin();
    assert_eq!(in_flight.balance(), u64::from(u32::MAX) / 100);
}

#[test]
fn calls_too_many_do_not_wrap_around() {
    let budget = InFlightBudget::new();
    budget.end();
    budget.retry_ended();
    budget.give_back(TRANSIENT, now());
    assert_eq!((budget.requests(), budget.retries(), budget.balance()), (0, 0, 3));
    let quota = QuotaBudget::new();
    quota.give_back(TRANSIENT, now());
    assert_eq!(quota.tokens(), 500);
}

#[test]
fn a_request_may_end_on_another_thread() {
    let budget = InFlightBudget::new();
    for _ in 0..50 {
        budget.begin();
    }
    std::thread::scope(|scope| {
        for _ in 0..5 {
            scope.spawn(|| (0..10).for_each(|_| budget.end()));
        }
    });
    assert_eq!(budget.requests(), 0);
}

#[test]
fn a_share_of_those_in_flight_grants_below_itself_and_takes_nothing_back() {
    let budget = InFlightBudget::new().percent(50).min(1);
    (0..10).for_each(|_| budget.begin());
    assert_eq!(granted_by_threads(1, &budget), 5);
    (0..8).for_each(|_| budget.end());
    assert_eq!((budget.retries(), budget.balance()), (5, 0), "five are in flight, beside two requests");
    (0..4).for_each(|_| budget.retry_ended());
    assert!(
        !RetryBudget::withdraw(&budget, TRANSIENT, tokio::time::Instant::now().into_std()),
        "one of one is in flight"
    );
    budget.retry_ended();
    assert!(RetryBudget::withdraw(&budget, TRANSIENT, tokio::time::Instant::now().into_std()));
}

#[test]
fn threads_share_without_overdraft() {
    for threads in [1, 2, 8, 64] {
        let quota = QuotaBudget::new().capacity(10_000).cost(TRANSIENT, 3);
        assert_eq!(granted_by_threads(threads, &quota), 3333, "{threads} threads");
        let in_flight = InFlightBudget::new().percent(50);
        (0..1000).for_each(|_| in_flight.begin());
        assert_eq!(granted_by_threads(threads, &in_flight), 500, "{threads} threads");
    }
}

#[test]
fn threads_lose_no_token() {
    // One failure for each two successes of half a token: in the end the store is where it was.
    for threads in [2, 8, 64] {
        let budget = ThrottleBudget::new().max_tokens(1000).token_ratio(0.5);
        (0..500).for_each(|_| budget.failed(TRANSIENT, now()));
        let ends = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        budget.settle(RequestEnd::FirstTry, now());
                        budget.failed(TRANSIENT, now());
                        budget.settle(RequestEnd::AfterRetry(TRANSIENT), now());
                        ends.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(ends.into_inner(), 1000 * threads);
        assert_eq!(budget.tokens(), 500.0, "{threads} threads");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_quota_is_its_arithmetic(
        capacity in 0_u32..100,
        costs in [0_u32..20, 0_u32..20, 0_u32..20],
        steps in prop::collection::vec((0_usize..3, 0_u8..4), 0..200),
    ) {
        let mut budget = QuotaBudget::new().capacity(capacity);
        for (kind, cost) in KINDS.into_iter().zip(costs) {
            budget = budget.cost(kind, cost);
        }
        let capacity = u64::from(capacity);
        let mut tokens = capacity;
        for (kind, step) in steps {
            let cost = u64::from(costs[kind]);
            match step {
                0 => {
                    let granted = RetryBudget::withdraw(&budget, KINDS[kind], now());
                    prop_assert_eq!(granted, tokens >= cost);
                    tokens -= if granted { cost } else { 0 };
                }
                1 => {
                    budget.give_back(KINDS[kind], now());
                    tokens = capacity.min(tokens + cost);
                }
                2 => {
                    budget.settle(RequestEnd::AfterRetry(KINDS[kind]), now());
                    tokens = capacity.min(tokens + cost);
                }
                _ => {
                    budget.settle(if kind == 0 { RequestEnd::Failed } else { RequestEnd::FirstTry }, now());
                    tokens = capacity.min(tokens + u64::from(kind != 0));
                }
            }
            prop_assert_eq!(budget.tokens(), tokens);
        }
    }

    #[test]
    fn a_throttles_balance_is_how_many_failures_are_still_retried(
        max in 1_u32..50, ratio in 0_u32..2000, steps in prop::collection::vec(any::<bool>(), 0..100)
    ) {
        let budget = ThrottleBudget::new().max_tokens(max).token_ratio(f64::from(ratio) / 1000.0);
        for success in steps {
            if success { budget.settle(RequestEnd::FirstTry, now()) } else { budget.failed(TRANSIENT, now()) }
            prop_assert!(budget.tokens() <= f64::from(max));
        }
        let balance = budget.balance();
        let mut retried = 0;
        loop {
            budget.failed(TRANSIENT, now());
            if !RetryBudget::withdraw(&budget, TRANSIENT, now()) { break }
            retried += 1;
        }
        prop_assert_eq!(balance, retried);
    }
}
