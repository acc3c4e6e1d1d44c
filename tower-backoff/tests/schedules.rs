//! Which delay each kind computes, as tables.

use std::{sync::Arc, time::Duration};
use tower_backoff::{Backoff, Jitter};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn millis(backoff: &Backoff, retries: u32) -> Vec<u128> {
    (1..=retries).map(|retry| backoff.delay(retry, u64::MAX).as_millis()).collect()
}

#[test]
fn every_kind_follows_its_table() {
    let second_by_second = vec![SECOND, 2 * SECOND, 5 * SECOND];
    let rows: [(&str, Backoff, &[u128]); 16] = [
        ("none", Backoff::none(), &[0, 0, 0, 0]),
        ("constant", Backoff::constant(SECOND), &[1000, 1000, 1000]),
        ("constant of an hour", Backoff::constant(60 * MINUTE), &[3_600_000, 3_600_000]),
        ("linear", Backoff::linear(40 * SECOND), &[40_000, 80_000, 120_000, 120_000]),
        (
            "exponential",
            Backoff::exponential(SECOND),
            &[1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 120_000],
        ),
        ("factor", Backoff::exponential(MS).factor(10), &[1, 10, 100, 1000, 10_000, 100_000, 120_000]),
        ("factor 1", Backoff::exponential(SECOND).factor(1), &[1000, 1000, 1000]),
        ("factor 0", Backoff::exponential(SECOND).factor(0), &[1000, 1000, 1000]),
        ("long first", Backoff::exponential(5 * MINUTE), &[300_000, 300_000]),
        ("cap", Backoff::exponential(SECOND).cap(3 * SECOND), &[1000, 2000, 3000, 3000]),
        ("cap below first", Backoff::exponential(SECOND).cap(MS), &[1, 1]),
        ("cap of nothing", Backoff::constant(SECOND).cap(Duration::ZERO), &[0, 0]),
        ("schedule", Backoff::schedule(second_by_second), &[1000, 2000, 5000, 5000, 5000]),
        ("long entry", Backoff::schedule([MS, 60 * MINUTE]), &[1, 3_600_000, 3_600_000]),
        ("no entry", Backoff::schedule([]), &[0, 0]),
        (
            "at once",
            Backoff::exponential(SECOND).jitter(Jitter::Additive(MS)).first_retry_immediately(),
            &[0, 1001, 2001, 4001],
        ),
    ];
    for (name, backoff, expected) in rows {
        assert_eq!(millis(&backoff, expected.len() as u32), expected, "{name}");
    }
}

#[test]
fn urllib3_is_the_schedule_of_urllib3() {
    // urllib3 2.8.0, Retry.get_backoff_time: consecutive errors <= 1 wait 0, then factor * 2^(n-1), at most
    // backoff_max. The second row is its own test_configurable_backoff_max.
    assert_eq!(millis(&Backoff::urllib3(25 * SECOND), 5), [0, 50_000, 100_000, 120_000, 120_000]);
    assert_eq!(millis(&Backoff::urllib3(200 * MS).cap(SECOND), 5), [0, 400, 800, 1000, 1000]);
    assert_eq!(millis(&Backoff::urllib3(Duration::ZERO), 3), [0, 0, 0]);
    // Its default cap does not move with the factor, and its jitter spares the first retry.
    assert_eq!(millis(&Backoff::urllib3(MINUTE * 5), 2), [0, 120_000]);
    let jitter = Backoff::urllib3(SECOND).jitter(Jitter::Additive(SECOND));
    assert_eq!(millis(&jitter, 3), [0, 3000, 5000]);
}

#[test]
fn aws_standard_delays_are_reproduced() {
    // Specification 2.0: random factor 1, attempts 1 to 9 (botocore, TestExponentialBackoff).
    let aws = Backoff::exponential(SECOND).cap(20 * SECOND).jitter(Jitter::Full);
    let seconds: Vec<u64> = (1..=9).map(|retry| aws.delay(retry, u64::MAX).as_secs()).collect();
    assert_eq!(seconds, [1, 2, 4, 8, 16, 20, 20, 20, 20]);
    // Specification 2.1 is the default.
    assert_eq!(millis(&Backoff::default(), 10), [50, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 20_000]);
    assert_eq!(Backoff::default().delay(1, 0), Duration::ZERO);
}

#[test]
fn grpc_bounds_hold_up_to_the_cap() {
    // A6: min(initial * mult^(n-1), max) * random(0.8, 1.2) with 100 ms and 1 s. Beyond the cap gRPC goes
    // on to 1.2 s; here the cap is the longest delay.
    let grpc = Backoff::exponential(100 * MS).cap(SECOND).jitter(Jitter::Proportional { percent: 20 });
    let low: Vec<u128> = (1..=6).map(|retry| grpc.delay(retry, 0).as_millis()).collect();
    assert_eq!(low, [80, 160, 320, 640, 800, 800]);
    assert_eq!(millis(&grpc, 6), [120, 240, 480, 960, 1000, 1000]);
}

#[test]
fn before_the_first_attempt_nothing_is_waited() {
    for backoff in [Backoff::constant(SECOND), Backoff::urllib3(SECOND), Backoff::exponential(SECOND)] {
        for jitter in [Jitter::None, Jitter::Decorrelated, Jitter::Additive(SECOND)] {
            assert_eq!(backoff.clone().jitter(jitter).delay(0, u64::MAX), Duration::ZERO);
        }
    }
}

#[test]
fn jitter_ranges_are_those_documented() {
    let rows = [
        (Jitter::None, 4000, 4000),
        (Jitter::Full, 0, 4000),
        (Jitter::Equal, 2000, 4000),
        (Jitter::Decorrelated, 1000, 6000), // first = 1 s, the delay before was 2 s
        (Jitter::Proportional { percent: 25 }, 3000, 5000),
        (Jitter::Proportional { percent: 100 }, 0, 8000),
        (Jitter::Proportional { percent: 200 }, 0, 12_000),
        (Jitter::Additive(500 * MS), 4000, 4500),
    ];
    for (jitter, low, high) in rows {
        let backoff = Backoff::exponential(SECOND).jitter(jitter);
        assert_eq!(backoff.delay(3, 0).as_millis(), low, "{jitter:?}");
        assert_eq!(backoff.delay(3, u64::MAX).as_millis(), high, "{jitter:?}");
    }
}

#[test]
fn a_default_cap_does_not_cut_what_was_written_down() {
    let wide = Jitter::Proportional { percent: 20 };
    let rows = [
        (Backoff::constant(10 * MINUTE).jitter(wide), 720),
        (Backoff::constant(10 * MINUTE).jitter(Jitter::Additive(MINUTE)), 660),
        (Backoff::exponential(10 * MINUTE).jitter(wide), 720),
        (Backoff::linear(10 * MINUTE), 600),
        (Backoff::schedule([SECOND, 10 * MINUTE]).jitter(wide), 720),
        (Backoff::exponential(SECOND), 120),
        (Backoff::constant(SECOND).jitter(Jitter::Decorrelated), 120),
    ];
    for (backoff, seconds) in rows {
        assert_eq!(backoff.max_delay(1000), Duration::from_secs(seconds), "{backoff:?}");
    }
    // Setters commute: the cap that was set stays, in whatever order.
    let early = Backoff::exponential(SECOND).cap(SECOND).jitter(wide);
    assert_eq!(early, Backoff::exponential(SECOND).jitter(wide).cap(SECOND));
    assert_eq!(early.max_delay(9), SECOND);
}

#[test]
fn decorrelated_grows_from_the_delay_before() {
    let backoff = Backoff::constant(SECOND).jitter(Jitter::Decorrelated).cap(20 * SECOND);
    assert_eq!(backoff.delay_after(Duration::ZERO, 1, u64::MAX), 3 * SECOND);
    assert_eq!(backoff.delay_after(3 * SECOND, 2, u64::MAX), 9 * SECOND);
    assert_eq!(backoff.delay_after(9 * SECOND, 3, u64::MAX), 20 * SECOND);
    assert_eq!(backoff.delay_after(20 * SECOND, 4, 0), SECOND);
    assert_eq!(backoff.delay_after(Duration::MAX, 4, u64::MAX), 20 * SECOND);
    let longest: Vec<u64> = (1..=4).map(|retry| backoff.max_delay(retry).as_secs()).collect();
    assert_eq!(longest, [3, 9, 20, 20]);
    // urllib3's first delay is nothing, so it begins with the second.
    let urllib3 = Backoff::urllib3(SECOND).jitter(Jitter::Decorrelated);
    assert_eq!(urllib3.delay_after(Duration::ZERO, 1, u64::MAX), Duration::ZERO);
    assert_eq!(urllib3.delay_after(Duration::ZERO, 2, u64::MAX), 6 * SECOND);
}

#[test]
fn a_clone_of_a_schedule_copies_a_pointer() {
    let delays: Arc<[Duration]> = vec![SECOND; 1000].into();
    let backoff = Backoff::schedule(Arc::clone(&delays));
    let clone = backoff.clone();
    assert_eq!(Arc::strong_count(&delays), 3);
    assert_eq!(clone, backoff);
}

#[test]
fn types_are_send_and_sync() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Backoff>();
    check::<Jitter>();
    check::<tower_backoff::Delays>();
}
