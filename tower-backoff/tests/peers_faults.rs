//! Faults found in other implementations, one test for each, so that they are not repeated here.

use std::{collections::HashSet, time::Duration};
use tower_backoff::{Backoff, Jitter};

const SECOND: Duration = Duration::from_secs(1);

/// tower 0.5.3, `retry/backoff.rs`: seconds and nanoseconds are scaled apart and truncated, so that a delay
/// of 1 s keeps no jitter and one of 4 s only whole seconds.
#[test]
fn jitter_of_whole_seconds_is_not_whole_seconds() {
    let backoff = Backoff::exponential(SECOND).jitter(Jitter::Proportional { percent: 99 });
    for retry in 1..=3 {
        let whole = (0..1000)
            .map(|seed| backoff.delays(seed).nth(retry - 1).unwrap())
            .filter(|delay| delay.subsec_nanos() == 0)
            .count();
        assert_eq!(whole, 0, "of the delays before retry {retry}");
    }
}

/// The same lines: the nanoseconds are cast to a `u32`, so that much jitter on a delay below a second piles
/// up at 4.29 s.
#[test]
fn much_jitter_on_a_short_delay_does_not_pile_up() {
    let backoff =
        Backoff::constant(Duration::from_millis(900)).jitter(Jitter::Proportional { percent: 1000 });
    let delays: HashSet<Duration> = (0..2000).map(|seed| backoff.delays(seed).next().unwrap()).collect();
    assert!(delays.len() > 1990, "{} of 2000 differ", delays.len());
    assert!(delays.iter().any(|delay| *delay > Duration::from_millis(9000)));
}

/// The same file: the default maker has no cap (`u64::MAX` milliseconds).
#[test]
fn every_default_has_a_cap_that_somebody_can_wait_for() {
    let hour = Duration::from_secs(3600);
    let kinds = [
        Backoff::default(),
        Backoff::constant(SECOND),
        Backoff::linear(SECOND),
        Backoff::exponential(SECOND),
        Backoff::urllib3(SECOND),
        Backoff::schedule([SECOND]),
    ];
    for backoff in kinds {
        for jitter in [Jitter::None, Jitter::Full, Jitter::Equal, Jitter::Decorrelated] {
            assert!(backoff.clone().jitter(jitter).max_delay(u32::MAX) < hour, "{backoff:?} with {jitter:?}");
        }
    }
}

/// The same file: a draw of exactly zero fails a debug assertion.
#[test]
fn a_draw_of_zero_is_a_draw() {
    for jitter in [Jitter::Full, Jitter::Equal, Jitter::Decorrelated, Jitter::Proportional { percent: 99 }] {
        assert!(Backoff::exponential(SECOND).jitter(jitter).delay(1, 0) <= SECOND);
    }
}

/// tokio-retry: `from_millis(1000)` is the base of a power and gives 1 s, 1000 s, 10^6 s.
#[test]
fn exponential_is_named_by_its_first_delay() {
    let backoff = Backoff::exponential(Duration::from_millis(1000)).cap(Duration::MAX);
    assert!(backoff.delays(0).take(3).eq([SECOND, 2 * SECOND, 4 * SECOND]));
}

/// backon and tower-resilience add the jitter after the cap and so exceed it.
#[test]
fn the_cap_holds_after_the_jitter_without_gathering_everybody() {
    let cap = 10 * SECOND;
    for jitter in [Jitter::Full, Jitter::Equal, Jitter::Decorrelated, Jitter::Proportional { percent: 25 }] {
        let backoff = Backoff::exponential(SECOND).jitter(jitter).cap(cap);
        let late: Vec<Duration> = (0..1000).map(|seed| backoff.delays(seed).nth(20).unwrap()).collect();
        assert!(late.iter().all(|delay| *delay <= cap), "{jitter:?}");
        let different: HashSet<_> = late.iter().collect();
        assert!(different.len() > 990, "{jitter:?}: only {} of 1000 differ", different.len());
    }
}

/// exponential-backoff: a jitter below 1 % is an empty range and panics, and the first delay cannot be
/// jittered downward.
#[test]
fn little_jitter_works_and_the_first_delay_has_it_too() {
    let backoff = Backoff::exponential(SECOND).jitter(Jitter::Proportional { percent: 1 });
    assert_eq!(backoff.delay(1, 0), Duration::from_millis(990));
    assert_eq!(backoff.delay(1, u64::MAX), Duration::from_millis(1010));
    let none = Backoff::exponential(SECOND).jitter(Jitter::Proportional { percent: 0 });
    assert_eq!(none.delay(1, 12345), SECOND);
    let less_than_a_nanosecond =
        Backoff::constant(Duration::from_nanos(3)).jitter(Jitter::Proportional { percent: 1 });
    assert_eq!(less_than_a_nanosecond.delay(1, u64::MAX), Duration::from_nanos(3));
}

/// failsafe: whole seconds only, none below one, and a shift by the attempt that overflows.
#[test]
fn short_delays_grow_and_growth_does_not_wrap() {
    let backoff = Backoff::exponential(Duration::from_nanos(1));
    assert_eq!(backoff.delay(11, 0), Duration::from_nanos(1024));
    let uncapped = backoff.cap(Duration::MAX);
    let mut last = Duration::ZERO;
    for retry in 1..200 {
        let delay = uncapped.delay(retry, 0);
        assert!(delay >= last, "retry {retry} wraps around to {delay:?}");
        last = delay;
    }
    assert_eq!(uncapped.delay(u32::MAX, 0), Duration::MAX);
}

/// commonware: something is summed over all attempts when it is configured, so that `u32::MAX` of them hang.
#[test]
fn the_last_retry_costs_no_more_than_the_first() {
    // A loop over the retries would make this 4 * 10^9 steps a thousand times over: it would not end.
    for jitter in [Jitter::None, Jitter::Full, Jitter::Decorrelated] {
        for backoff in
            [Backoff::linear(SECOND), Backoff::exponential(SECOND).factor(3), Backoff::schedule([SECOND])]
        {
            let backoff = backoff.jitter(jitter);
            for less in 0..1000 {
                assert!(backoff.delay(u32::MAX - less, u64::MAX) <= backoff.max_delay(u32::MAX - less));
            }
        }
    }
}
