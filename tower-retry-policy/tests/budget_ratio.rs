//! The ratio budget: exact, windowed, shared by threads.

use proptest::prelude::*;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::advance;
use tower::retry::budget::Budget;
use tower_retry_policy::budget::{FailureKind, RatioBudget, RequestEnd, RetryBudget};

const SECOND: Duration = Duration::from_secs(1);

/// tokio's time, as the policy hands it on.
fn now() -> std::time::Instant {
    tokio::time::Instant::now().into_std()
}

/// A clock that is set by hand, in nanoseconds.
#[derive(Clone, Default)]
struct Hand(Arc<AtomicU64>);

impl Hand {
    fn set(&self, time: Duration) {
        self.0.store(time.as_nanos() as u64, Ordering::SeqCst);
    }

    fn clock(&self) -> impl Fn() -> Duration + Send + Sync + 'static {
        let nanos = Arc::clone(&self.0);
        move || Duration::from_nanos(nanos.load(Ordering::SeqCst))
    }
}

fn drain(budget: &RatioBudget) -> u64 {
    (0..).take_while(|_| Budget::withdraw(budget)).count() as u64
}

#[test]
fn the_ratio_is_exact() {
    // In millionths, since that is what the test can compute exactly.
    let ratios =
        [1_000, 10_000, 100_000, 123_456, 200_000, 300_000, 333_333, 400_000, 500_000, 600_000, 750_000];
    let more: [u32; 8] = [900_000, 990_000, 999_999, 1_000_000, 1_500_000, 2_000_000, 3_300_000, 10_000_000];
    for millionths in ratios.into_iter().chain(more) {
        for deposits in [0, 1, 3, 7, 10, 100, 999, 1000, 12_345] {
            let ratio = f64::from(millionths) / 1e6;
            // A slow machine is no reason to spread them over more than a second.
            let budget = RatioBudget::new().ratio(ratio).per_second(0).clock(|| Duration::ZERO);
            for _ in 0..deposits {
                budget.deposit();
            }
            let expected = u64::from(millionths) * deposits / 1_000_000;
            assert_eq!(budget.balance(), expected, "{ratio} of {deposits}");
            assert_eq!(drain(&budget), expected, "{ratio} of {deposits}");
            assert_eq!(budget.balance(), 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_defaults_are_a_fifth_ten_per_second_and_ten_seconds() {
    let budget = RatioBudget::default();
    assert_eq!(drain(&budget), 100, "ten per second for ten seconds");
    for _ in 0..50 {
        budget.settle(RequestEnd::FirstTry, now());
    }
    assert_eq!(drain(&budget), 10, "a fifth of the requests");
    advance(10 * SECOND).await;
    assert_eq!(drain(&budget), 100, "the floor is back and the requests are forgotten");
}

#[tokio::test(start_paused = true)]
async fn every_request_counts_once_however_it_ends() {
    let budget = RatioBudget::new().ratio(1.0).per_second(0);
    let ends = [RequestEnd::FirstTry, RequestEnd::AfterRetry(FailureKind::Timeout), RequestEnd::Failed];
    for (counted, end) in (1..).zip(ends) {
        budget.failed(FailureKind::Transient, now());
        budget.retry_ended();
        budget.settle(end, now());
        assert_eq!(budget.balance(), counted);
    }
    assert!(!budget.tracks_in_flight());
}

#[test]
fn requests_expire_by_twentieths_of_the_window() {
    let hand = Hand::default();
    // Deposited anywhere in a slot of half a second, a request counts for 9.5 to 10 s.
    for offset in [0, 1, 250, 499] {
        let start = Duration::from_millis(100_000 + offset);
        hand.set(start);
        let budget = RatioBudget::new().ratio(1.0).per_second(0).clock(hand.clock());
        budget.deposit();
        for (after, alive) in [(0, true), (9500, true), (10_000, false), (10_001, false)] {
            hand.set(start + Duration::from_millis(after));
            assert_eq!(budget.balance(), u64::from(alive), "{after} ms after {offset}");
        }
    }
}

#[test]
fn a_retry_weighs_as_long_as_a_request() {
    let hand = Hand::default();
    let budget = RatioBudget::new().per_second(1).window(10 * SECOND).clock(hand.clock());
    for second in 0..10 {
        hand.set(second * SECOND);
        assert!(Budget::withdraw(&budget), "second {second}");
    }
    assert!(!Budget::withdraw(&budget));
    // One comes back for each that expires.
    for second in 10..40 {
        hand.set(second * SECOND);
        assert!(Budget::withdraw(&budget), "second {second}");
        assert!(!Budget::withdraw(&budget), "second {second}");
    }
}

/// A hundred late in one slot and a hundred early in another made two hundred within 9.05 s.
#[test]
fn the_floor_is_there_once_in_any_window_wherever_it_begins() {
    let hand = Hand::default();
    for offset in [0, 1, 250, 499, 500, 950, 999] {
        let start = 100 * SECOND + Duration::from_millis(offset);
        hand.set(start);
        let budget = RatioBudget::new().clock(hand.clock());
        assert_eq!(drain(&budget), 100, "{offset}");
        for after in [1, 501, 5000, 9001, 9500, 9999] {
            hand.set(start + Duration::from_millis(after));
            assert_eq!(drain(&budget), 0, "{after} ms after {offset}");
        }
        hand.set(start + 10 * SECOND);
        assert_eq!(drain(&budget), 100, "{offset}");
    }
}

#[test]
fn a_retry_comes_back_as_long_as_it_counts() {
    let hand = Hand::default();
    let budget = RatioBudget::new().clock(hand.clock());
    hand.set(Duration::from_millis(900));
    assert_eq!(drain(&budget), 100);
    // In the slot after the window's twenty, where the hundred still count.
    hand.set(Duration::from_millis(10_700));
    budget.give_back(FailureKind::Transient, now());
    assert_eq!(drain(&budget), 1);
    hand.set(Duration::from_millis(10_900));
    budget.give_back(FailureKind::Transient, now());
    assert_eq!(budget.balance(), 100, "only that one counts, and it came back");
}

/// A thousand requests a second, then nothing but failures: each grant by hand.
#[test]
fn the_savings_of_a_window_are_not_paid_out_in_one_second() {
    for offset in (0..1000).step_by(190) {
        let hand = Hand::default();
        let budget = RatioBudget::new().clock(hand.clock());
        let outage = 11_000 + offset;
        let mut grants = Vec::new();
        for milli in 0..outage + 20_000 {
            hand.set(Duration::from_millis(milli));
            budget.deposit();
            // As many retries as there are, up to three a call.
            if milli >= outage {
                grants.extend((0..3).take_while(|_| Budget::withdraw(&budget)).map(|_| milli));
            }
        }
        let within = |from: u64, millis: u64| {
            grants.partition_point(|at| *at < from + millis) - grants.partition_point(|at| *at < from)
        };
        let busiest = grants.iter().map(|grant| within(*grant, 1000)).max();
        assert!(busiest <= Some(400), "{busiest:?} with an outage after {outage} ms");
        // What was saved is paid out in the end, and then there is the share of each second.
        assert!((2095..=2100).contains(&within(outage, 10_000)), "{}", within(outage, 10_000));
        let later = within(outage + 10_000, 10_000);
        assert!((2050..=2100).contains(&later), "{later}");
    }
}

#[test]
fn without_a_floor_a_few_retries_may_still_be_spent_later() {
    let hand = Hand::default();
    let budget = RatioBudget::new().ratio(0.5).per_second(0).clock(hand.clock());
    for _ in 0..100 {
        budget.deposit();
    }
    assert_eq!(budget.balance(), 50, "the requests of the same second");
    hand.set(5 * SECOND);
    assert_eq!(drain(&budget), 10, "none is new");
    for _ in 0..4 {
        budget.deposit();
    }
    assert_eq!(drain(&budget), 2);
    hand.set(Duration::from_millis(6500));
    assert_eq!(drain(&budget), 10);
}

#[test]
fn idle_time_of_any_length_is_one_step() {
    let hand = Hand::default();
    let budget = RatioBudget::new().ratio(1.0).per_second(0).window(SECOND).clock(hand.clock());
    let mut now = Duration::ZERO;
    let day = 86_400 * SECOND;
    // A loop over the windows of ten years would be 3 * 10^9 steps each time.
    for idle in [day, 365 * day, 3650 * day, SECOND, 2 * SECOND, 16 * SECOND / 10, 32 * SECOND / 10] {
        for _ in 0..50 {
            for _ in 0..10 {
                budget.deposit();
            }
            assert_eq!(budget.balance(), 10, "after {idle:?} at {now:?}");
            assert!(Budget::withdraw(&budget));
            now += idle;
            hand.set(now);
            assert_eq!(budget.balance(), 0, "after {idle:?} at {now:?}");
        }
    }
}

#[test]
fn what_was_never_sent_comes_back() {
    let hand = Hand::default();
    let budget = RatioBudget::new().per_second(1).clock(hand.clock());
    assert_eq!(drain(&budget), 10);
    budget.give_back(FailureKind::Transient, now());
    assert_eq!(budget.balance(), 1);
    hand.set(5 * SECOND);
    budget.give_back(FailureKind::Transient, now());
    assert_eq!(drain(&budget), 2);
    // Taken at 0 s: eight. They expire; what comes back after that brings nothing.
    hand.set(10 * SECOND);
    assert_eq!(budget.balance(), 8);
    hand.set(15 * SECOND);
    for _ in 0..20 {
        budget.give_back(FailureKind::Transient, now());
    }
    assert_eq!(drain(&budget), 10, "never more than the whole budget");
}

#[test]
fn a_clock_that_goes_back_stands() {
    let hand = Hand::default();
    hand.set(100 * SECOND);
    let budget = RatioBudget::new().ratio(1.0).per_second(0).clock(hand.clock());
    budget.deposit();
    hand.set(3 * SECOND);
    budget.deposit();
    assert_eq!(budget.balance(), 2);
    hand.set(105 * SECOND);
    assert_eq!(budget.balance(), 2);
    hand.set(110 * SECOND);
    assert_eq!(budget.balance(), 0);
}

#[test]
fn extreme_settings_neither_panic_nor_overflow() {
    let ratios = [f64::NAN, f64::NEG_INFINITY, -1.0, 0.0, 1e-9, 1e-6, 1000.0, 1e300, f64::INFINITY];
    let windows = [Duration::ZERO, Duration::from_nanos(1), SECOND, Duration::from_secs(3600), Duration::MAX];
    for ratio in ratios {
        for window in windows {
            for per_second in [0, 1, u32::MAX] {
                let budget = RatioBudget::new().window(window).ratio(ratio).per_second(per_second);
                budget.deposit();
                let balance = budget.balance();
                assert_eq!(Budget::withdraw(&budget), balance > 0, "{budget:?}");
                if per_second == 0 {
                    let expected = if ratio >= 1000.0 { 1000 } else { 0 };
                    assert_eq!(balance, expected, "{budget:?}");
                }
            }
        }
    }
    let hand = Hand::default();
    let budget = RatioBudget::new().ratio(1.0).per_second(0).clock(|| Duration::MAX);
    budget.deposit();
    assert!(Budget::withdraw(&budget));
    hand.set(SECOND);
}

/// tower 0.5.3: 0.3 means 33 %, 0.4 means 50 %, and 0.51 to 0.99 mean 100 %.
#[test]
fn no_ratio_is_rounded_to_a_fraction_of_one() {
    for (percent, expected) in
        [(30, 3000), (40, 4000), (51, 5100), (60, 6000), (75, 7500), (90, 9000), (99, 9900)]
    {
        let budget =
            RatioBudget::new().ratio(f64::from(percent) / 100.0).per_second(0).clock(|| Duration::ZERO);
        let mut granted = 0;
        for _ in 0..10_000 {
            budget.deposit();
            granted += u64::from(Budget::withdraw(&budget));
        }
        assert_eq!(granted, expected, "{percent} %");
    }
}

/// tower 0.5.3 sums first and adds afterwards, so that threads overdraw.
#[test]
fn threads_never_take_more_than_there_is_nor_leave_anything() {
    for threads in [1, 2, 3, 8, 16, 64] {
        let budget = RatioBudget::new().ratio(0.5).per_second(10).clock(|| Duration::ZERO);
        for _ in 0..400 {
            budget.deposit();
        }
        let granted: u64 = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(|| drain(&budget))).collect();
            threads.into_iter().map(|thread| thread.join().expect("no thread panics")).sum()
        });
        assert_eq!(granted, 300, "{threads} threads");
    }
}

#[test]
fn deposits_of_many_threads_are_all_counted() {
    for threads in [1, 2, 8, 64] {
        let each = 10_000;
        // The clock stands still, so that nothing expires while the threads are at work.
        let budget = RatioBudget::new().ratio(0.3).per_second(0).clock(|| Duration::ZERO);
        let granted: u64 = std::thread::scope(|scope| {
            let work = || {
                let mut granted = 0;
                for _ in 0..each {
                    budget.deposit();
                    granted += u64::from(Budget::withdraw(&budget));
                }
                granted
            };
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            threads.into_iter().map(|thread| thread.join().expect("no thread panics")).sum()
        });
        let expected = threads * each * 3 / 10;
        assert!(granted <= expected, "{granted} of {expected}");
        assert_eq!(granted + drain(&budget), expected, "{threads} threads");
    }
}

/// Time goes on in steps of a slot while the threads work: never more in a window than its deposits allow.
#[test]
fn threads_that_meet_at_the_end_of_a_slot_do_not_overdraw() {
    for round in 0..200_u64 {
        let hand = Hand::default();
        hand.set(round as u32 * SECOND);
        let budget = RatioBudget::new().ratio(0.0).per_second(5).window(2 * SECOND).clock(hand.clock());
        let granted: u64 = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| drain(&budget))).collect();
            // Nineteen slots of a tenth of a second: nothing that was granted expires.
            for slot in 1..=19_u32 {
                hand.set(round as u32 * SECOND + slot * SECOND / 10);
            }
            threads.into_iter().map(|thread| thread.join().expect("no thread panics")).sum()
        });
        assert_eq!(granted + drain(&budget), 10, "round {round}");
    }
}

/// Whatever the rate, each request is dated by the time that it was handed.
#[test]
fn requests_are_dated_alike_at_any_rate() {
    for pause in [0, 1, 100, 7_654, 1_000_000, 33_333_333] {
        let hand = Hand::default();
        let budget = RatioBudget::new().ratio(1.0).per_second(0).clock(hand.clock());
        let requests = 10_000_u64.min(450_000_000 / (pause + 1));
        for request in 0..requests {
            hand.set(Duration::from_nanos(request * pause));
            budget.deposit();
        }
        assert_eq!(budget.balance(), requests, "{pause} ns");
        hand.set(20 * SECOND);
        for late in 1..=5 {
            budget.deposit();
            assert_eq!(budget.balance(), late, "{pause} ns: only the late ones count");
        }
    }
}

/// A time that is handed in counts, and not that at which it comes; one that is too old for any window is none.
#[tokio::test(start_paused = true)]
async fn a_request_counts_from_the_time_that_is_handed_in() {
    let (budget, start) = (RatioBudget::new().ratio(1.0).per_second(0), now());
    advance(8 * SECOND).await;
    budget.settle(RequestEnd::FirstTry, start);
    budget.settle(RequestEnd::FirstTry, now());
    assert_eq!(budget.balance(), 2);
    advance(2 * SECOND).await;
    assert_eq!(budget.balance(), 1, "the first has expired");
    budget.settle(RequestEnd::FirstTry, start);
    assert_eq!(budget.balance(), 1);
    advance(6 * SECOND).await;
    for _ in 0..3 {
        budget.settle(RequestEnd::FirstTry, now());
        budget.settle(RequestEnd::FirstTry, start);
    }
    assert_eq!(budget.balance(), 4, "a ring of slots later");
    // Nor does an old time make room for a retry, or date it back.
    assert!((0..4).all(|_| RetryBudget::withdraw(&budget, FailureKind::Transient, start)));
    assert!(!RetryBudget::withdraw(&budget, FailureKind::Transient, start));
    advance(9 * SECOND).await;
    for _ in 0..4 {
        budget.settle(RequestEnd::FirstTry, now());
    }
    assert_eq!(budget.balance(), 3, "of seven requests four are spent");
}

/// Requests and retries with their times, counted one by one.
#[derive(Default)]
struct Model {
    requests: Vec<u64>,
    retries: Vec<u64>,
}

impl Model {
    /// What a stretch of so many slots allows, with the requests of some more or less.
    fn left(&self, now: u64, slot: u64, slots: u64, requests: u64, millionths: u64, reserve: u64) -> u64 {
        let behind = |time: &u64| now / slot - time / slot;
        let requests = self.requests.iter().filter(|time| behind(time) < requests).count() as u64;
        let retries = &self.retries;
        // All of a slot count for as long as the newest does.
        let expired =
            retries.iter().filter(|time| behind(time) == slots).all(|time| now - time >= slots * slot);
        let slots = if expired { slots } else { slots + 1 };
        let granted = retries.iter().filter(|time| behind(time) < slots).count() as u64;
        ((reserve * 1_000_000 + millionths * requests) / 1_000_000).saturating_sub(granted)
    }

    fn balance(&self, now: u64, slot: u64, millionths: u64, reserve: u64) -> u64 {
        let whole = self.left(now, slot, 20, 20, millionths, reserve);
        whole.min(self.left(now, slot, 2, 3, millionths, reserve.max(10)))
    }

    /// The promises of the documentation, without any slots: for the stretches that end with a retry.
    fn keeps_its_promises(&self, window: u64, millionths: u64, reserve: u64) -> bool {
        let within = |times: &[u64], end: u64, length: u64| {
            // In order of time.
            (times.partition_point(|time| *time <= end) - times.partition_point(|time| time + length <= end))
                as u64
        };
        self.retries.iter().all(|end| {
            let keeps = |length: u64, requests: u64, reserve: u64| {
                let allowed = reserve * 1_000_000 + millionths * within(&self.requests, *end, requests);
                within(&self.retries, *end, length) * 1_000_000 <= allowed
            };
            let begins = |times: &[u64], from: u64| {
                (times.partition_point(|time| *time < end + window)
                    - times.partition_point(|time| *time < from)) as u64
            };
            // The stretch that begins with this retry, though it may end when some requests have expired.
            let requests = begins(&self.requests, end.saturating_sub(window));
            let any = begins(&self.retries, *end) * 1_000_000 <= reserve * 1_000_000 + millionths * requests;
            any && keeps(window, window, reserve) && keeps(window / 10, window * 3 / 20, reserve.max(10))
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_agrees_with_a_list_of_all_requests_and_retries(
        millionths in prop_oneof![
            prop::sample::select(vec![0_u64, 1000, 100_000, 200_000, 300_000, 400_000, 600_000, 900_000, 1_000_000]),
            0_u64..10_000_000,
        ],
        per_second in 0_u32..4,
        window in prop::sample::select(vec![1_u64, 2, 5, 10, 60]),
        steps in prop::collection::vec((0_u64..7, 0_u64..30, 0_u64..10), 1..60),
    ) {
        let slot = window * 50_000_000;
        let hand = Hand::default();
        let budget = RatioBudget::new()
            .ratio(millionths as f64 / 1e6)
            .per_second(per_second)
            .window(Duration::from_secs(window))
            .clock(hand.clock());
        let reserve = u64::from(per_second) * window;
        let (mut model, mut now) = (Model::default(), 0);
        for (pause, requests, retries) in steps {
            now += match pause {
                0 => 0,
                1 => 1_000_000,
                2 => slot / 3,
                3 => slot,
                4 => 7 * slot + 1,
                5 => 18 * slot - 1,
                _ => 20 * slot,
            };
            hand.set(Duration::from_nanos(now));
            for _ in 0..requests {
                budget.deposit();
                model.requests.push(now);
            }
            prop_assert_eq!(budget.balance(), model.balance(now, slot, millionths, reserve));
            for _ in 0..retries {
                let granted = Budget::withdraw(&budget);
                prop_assert_eq!(granted, model.balance(now, slot, millionths, reserve) > 0);
                if granted {
                    model.retries.push(now);
                }
            }
        }
        prop_assert!(model.keeps_its_promises(20 * slot, millionths, reserve));
    }
}
