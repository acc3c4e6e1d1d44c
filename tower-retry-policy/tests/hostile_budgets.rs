//! Budgets against their own words: any window of a random log of events, gRPC A6's and AWS's arithmetic step by step,
//! and real threads.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[path = "hostile_model/random.rs"]
mod random;

use crate::random::Random;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tower_retry_policy::budget::{
    FailureKind, InFlightBudget, QuotaBudget, RatioBudget, RequestEnd, RetryBudget, ThrottleBudget,
};

const KINDS: [FailureKind; 3] = [FailureKind::Transient, FailureKind::Timeout, FailureKind::Throttled];

/// A clock that the test sets, in microseconds.
#[derive(Clone, Default)]
struct Hand(Arc<AtomicU64>);

impl Hand {
    fn clock(&self) -> impl Fn() -> Duration + Send + Sync + use<> {
        let micros = Arc::clone(&self.0);
        move || Duration::from_micros(micros.load(Ordering::SeqCst))
    }
    fn set(&self, micros: u64) {
        self.0.store(micros, Ordering::SeqCst);
    }
}

/// When a request ended, or a retry was granted and not given back, in microseconds.
#[derive(Default)]
struct Log {
    requests: Vec<u64>,
    retries: Vec<u64>,
}

fn within(times: &[u64], after: i128, until: i128) -> u64 {
    let count = |limit: i128| times.partition_point(|time| i128::from(*time) <= limit) as u64;
    count(until) - count(after)
}

struct Case {
    seed: u64,
    ratio: f64,
    per_second: u32,
    window: u64,
}

/// Calls in bursts and lulls, each of which asks for retries as long as it gets some; dropped retries come back.
fn play(case: &Case) -> Log {
    let hand = Hand::default();
    let budget = RatioBudget::new()
        .ratio(case.ratio)
        .per_second(case.per_second)
        .window(Duration::from_micros(case.window))
        .clock(hand.clock());
    let mut random = Random::new(case.seed);
    let mut now = random.below(3 * case.window);
    let mut log = Log::default();
    for _ in 0..random.below(3_000) {
        let lull = case.window / random.pick(&[1, 10, 20, 200, 2_000, 20_000, 100_000]);
        now += random.below(lull.max(1) + 1);
        hand.set(now);
        match random.below(10) {
            0..6 => {
                // two in the same instant at the most: what a burst may misdate is documented
                budget.settle(RequestEnd::FirstTry, at());
                log.requests.push(now);
            }
            6..9 => {
                for _ in 0..random.below(40) {
                    if budget.withdraw(*random.pick(&KINDS), at()) {
                        if random.chance(10) {
                            budget.give_back(FailureKind::Transient, at());
                        } else {
                            log.retries.push(now);
                        }
                    }
                }
            }
            _ => {}
        }
    }
    log
}

fn cases() -> impl Iterator<Item = Case> {
    (0..200).map(|seed| {
        let mut random = Random::new(seed ^ 0x00B0_D6E7);
        Case {
            seed,
            ratio: *random.pick(&[0.0, 0.01, 0.1, 0.2, 0.3, 0.5, 0.999_999, 1.0, 2.5]),
            per_second: *random.pick(&[0, 0, 1, 10, 100]),
            window: *random.pick(&[10_000, 1_000_000, 10_000_000, 60_000_000]),
        }
    })
}

/// `per_second * window`.
fn floor(case: &Case) -> f64 {
    f64::from(case.per_second) * (case.window as f64 / 1e6)
}

#[test]
fn whenever_a_retry_is_granted_the_window_that_ends_with_it_holds_the_share() {
    let mut granted = 0;
    for case in cases() {
        let log = play(&case);
        granted += log.retries.len();
        for &end in &log.retries {
            let (end, window) = (i128::from(end), i128::from(case.window));
            let retries = within(&log.retries, end - window, end);
            let requests = within(&log.requests, end - window, end);
            let most = case.ratio * requests as f64 + floor(&case);
            assert!(
                retries as f64 <= most + 1e-6,
                "seed {}: {retries} retries to {requests} requests in the window until {end}, ratio {}, floor {}",
                case.seed,
                case.ratio,
                floor(&case)
            );
        }
    }
    assert!(granted > 20_000, "{granted}");
}

#[test]
fn every_stretch_of_a_windows_length_has_at_most_the_share_of_two_windows_and_the_floor_once() {
    for case in cases() {
        let log = play(&case);
        let window = i128::from(case.window);
        // a stretch that begins just before a retry has the most of them
        for &begin in &log.retries {
            let after = i128::from(begin) - 1;
            let until = after + window;
            let retries = within(&log.retries, after, until);
            let requests = within(&log.requests, after - window, until);
            let most = case.ratio * requests as f64 + floor(&case);
            assert!(
                retries as f64 <= most + 1e-6,
                "seed {}: {retries} retries to {requests} requests around {begin}, ratio {}, floor {}",
                case.seed,
                case.ratio,
                floor(&case)
            );
        }
    }
}

#[test]
fn a_tenth_of_the_window_has_at_most_the_share_of_three_twentieths_and_the_floor() {
    for case in cases() {
        let log = play(&case);
        let window = i128::from(case.window);
        // "with a reserve below ten the tenth of a window may still have ten retries"
        let reserve = floor(&case).max(10.0);
        for &end in &log.retries {
            let end = i128::from(end);
            let retries = within(&log.retries, end - window / 10, end);
            let requests = within(&log.requests, end - window * 3 / 20, end);
            let most = case.ratio * requests as f64 + reserve;
            assert!(
                retries as f64 <= most + 1e-6,
                "seed {}: {retries} retries to {requests} requests before {end}, ratio {}, reserve {reserve}",
                case.seed,
                case.ratio
            );
        }
    }
}

/// An outage after a quiet hour: calls that all fail, three retries each, second by second at every offset.
#[test]
fn the_busiest_second_of_an_outage_gets_at_most_one_and_a_half_times_its_requests() {
    for per_second in [1_000, 3_000] {
        for offset in (0..1_000_000).step_by(240_007) {
            let hand = Hand::default();
            let budget = RatioBudget::new().clock(hand.clock());
            let step = 1_000_000 / per_second;
            let outage = 15_000_000 + offset;
            let (mut log, mut now) = (Log::default(), 7 + offset / 3);
            while now < outage + 12_000_000 {
                hand.set(now);
                log.requests.push(now);
                if now >= outage {
                    for _ in 0..3 {
                        if budget.withdraw(FailureKind::Transient, at()) {
                            log.retries.push(now);
                        }
                    }
                }
                budget.settle(if now < outage { RequestEnd::FirstTry } else { RequestEnd::Failed }, at());
                now += step;
            }
            let busiest = log.retries.iter().map(|&begin| {
                let after = i128::from(begin) - 1;
                within(&log.retries, after, after + 1_000_000)
                    + within(&log.requests, after, after + 1_000_000)
            });
            let busiest = busiest.max().unwrap();
            assert!(
                busiest * 10 <= per_second * 15,
                "{busiest} calls in a second of {per_second}, offset {offset}"
            );
        }
    }
}

/// gRPC A6: a token bucket of integers of a thousandth, threshold strictly above the half.
#[test]
fn the_throttle_budget_counts_as_a6_says() {
    for seed in 0..500 {
        let mut random = Random::new(seed);
        let max = 1 + random.below(1000);
        let ratio = random.below(3_000);
        let budget = ThrottleBudget::new()
            .max_tokens(u32::try_from(max).unwrap())
            .token_ratio(ratio as f64 / 1000.0 + 0.000_2);
        let (mut tokens, max) = (max * 1000, max * 1000);
        for step in 0..300 {
            let kind = *random.pick(&KINDS);
            match random.below(8) {
                0..3 => {
                    budget.failed(kind, at());
                    tokens = tokens.saturating_sub(1000);
                    assert_eq!(budget.withdraw(kind, at()), tokens * 2 > max, "seed {seed}, step {step}");
                }
                3 => {
                    budget.settle(RequestEnd::FirstTry, at());
                    tokens = (tokens + ratio).min(max);
                }
                4 => {
                    budget.settle(RequestEnd::AfterRetry(kind), at());
                    tokens = (tokens + ratio).min(max);
                }
                5 => budget.settle(RequestEnd::Failed, at()),
                6 => budget.settle(RequestEnd::NotRetried, at()),
                _ => {
                    budget.give_back(kind, at());
                    budget.retry_ended();
                }
            }
            let told = (budget.tokens() * 1000.0).round() as u64;
            assert_eq!(told, tokens, "seed {seed}, step {step}");
            // so many failures in a row are still retried
            let mut left = tokens;
            let mut retried = 0;
            while left >= 1000 && (left - 1000) * 2 > max {
                left -= 1000;
                retried += 1;
            }
            assert_eq!(budget.balance(), retried, "seed {seed}, step {step}, {tokens} of {max}");
        }
    }
}

/// AWS's retry quota: integers, the last price comes back, a success at once brings one.
#[test]
fn the_quota_budget_counts_as_aws_does() {
    for seed in 0..500 {
        let mut random = Random::new(seed);
        let (budget, prices) = match random.below(3) {
            0 => (QuotaBudget::new(), [14, 14, 5]),
            1 => (QuotaBudget::legacy(), [5, 10, 5]),
            _ => {
                let budget = KINDS.iter().fold(QuotaBudget::new(), |budget, kind| budget.cost(*kind, 3));
                (budget, [3, 3, 3])
            }
        };
        let capacity = 1 + random.below(600);
        let initial = random.below(600);
        let budget =
            budget.capacity(u32::try_from(capacity).unwrap()).initial(u32::try_from(initial).unwrap());
        let mut tokens = initial.min(capacity);
        assert_eq!(budget.tokens(), tokens);
        for step in 0..300 {
            let index = usize::try_from(random.below(3)).unwrap();
            let (kind, price) = (KINDS[index], prices[index]);
            match random.below(9) {
                0..4 => {
                    budget.failed(kind, at());
                    let grant = tokens >= price;
                    assert_eq!(budget.withdraw(kind, at()), grant, "seed {seed}, step {step}");
                    tokens -= if grant { price } else { 0 };
                }
                4 => {
                    budget.settle(RequestEnd::FirstTry, at());
                    tokens = (tokens + 1).min(capacity);
                }
                5 => {
                    budget.settle(RequestEnd::AfterRetry(kind), at());
                    tokens = (tokens + price).min(capacity);
                }
                6 => budget.settle(*random.pick(&[RequestEnd::Failed, RequestEnd::NotRetried]), at()),
                7 => {
                    budget.give_back(kind, at());
                    tokens = (tokens + price).min(capacity);
                }
                _ => budget.retry_ended(),
            }
            assert_eq!(budget.tokens(), tokens, "seed {seed}, step {step}");
            assert_eq!(budget.balance(), tokens / prices[0], "seed {seed}, step {step}");
        }
    }
}

/// Runs on four threads at once, each with random numbers of its own.
fn threads(seed: u64, body: impl Fn(&mut Random) -> u64 + Sync) -> u64 {
    std::thread::scope(|scope| {
        let body = &body;
        let handles: Vec<_> =
            (0..4).map(|thread| scope.spawn(move || body(&mut Random::new(seed * 4 + thread)))).collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).sum()
    })
}

#[test]
fn threads_together_get_exactly_what_one_would() {
    for seed in 0..30 {
        for round in [1, 2] {
            // a second-long run of a clock that stands: nothing expires
            let budget = RatioBudget::new().ratio(0.3).per_second(1).clock(|| Duration::from_secs(50));
            let granted = threads(seed, |random| {
                let mut kept = 0;
                for _ in 0..500 {
                    budget.settle(RequestEnd::FirstTry, at());
                    if budget.withdraw(FailureKind::Transient, at()) {
                        if random.chance(20) {
                            budget.give_back(FailureKind::Transient, at());
                        } else {
                            kept += 1;
                        }
                    }
                }
                kept
            });
            let rest = std::iter::repeat_with(|| budget.withdraw(FailureKind::Transient, at()))
                .take_while(|yes| *yes);
            assert_eq!(granted + rest.count() as u64, 2_000 * 3 / 10 + 10, "seed {seed}, round {round}");
        }

        let quota = QuotaBudget::new();
        let granted = threads(seed, |_| {
            (0..200).filter(|_| quota.withdraw(FailureKind::Throttled, at())).count() as u64
        });
        assert_eq!((granted, quota.tokens()), (100, 0), "seed {seed}");

        let throttle = ThrottleBudget::new().max_tokens(1000).token_ratio(1.0);
        threads(seed, |_| {
            for _ in 0..50 {
                throttle.failed(FailureKind::Transient, at());
                throttle.failed(FailureKind::Transient, at());
                throttle.settle(RequestEnd::FirstTry, at());
            }
            0
        });
        // the ceiling is met only in an order that begins with successes, and each thread begins with a failure
        assert_eq!(throttle.tokens(), 800.0, "seed {seed}");

        let in_flight = InFlightBudget::new().percent(50).min(1);
        threads(seed, |random| {
            for _ in 0..300 {
                in_flight.begin();
                if in_flight.withdraw(FailureKind::Transient, at()) {
                    assert!(
                        in_flight.retries() <= 3,
                        "half of four at the most, and one more while one is over"
                    );
                    if random.chance(30) {
                        in_flight.give_back(FailureKind::Transient, at());
                    } else {
                        in_flight.retry_ended();
                    }
                }
                in_flight.end();
            }
            0
        });
        assert_eq!((in_flight.requests(), in_flight.retries()), (0, 0), "seed {seed}");
    }
}

/// The budgets with clocks of their own do not look at it, and the others have no need of the time.
fn at() -> std::time::Instant {
    tokio::time::Instant::now().into_std()
}
