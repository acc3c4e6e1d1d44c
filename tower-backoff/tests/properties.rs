//! What holds for every input, tried above all with the numbers that people type.

use proptest::prelude::*;
use std::time::Duration;
use tower_backoff::{Backoff, Jitter};

/// 0, 1 ms, 1 s, 5 s, 1 min, the longest and its neighbours, and anything else now and then.
fn durations() -> impl Strategy<Value = Duration> {
    prop_oneof![
        4 => prop::sample::select(vec![
            Duration::ZERO,
            Duration::from_nanos(1),
            Duration::from_millis(1),
            Duration::from_millis(100),
            Duration::from_secs(1),
            Duration::from_secs(5),
            Duration::from_secs(60),
            Duration::from_nanos(u64::MAX),
            Duration::from_secs(u64::MAX),
            Duration::MAX,
        ]),
        1 => any::<Duration>(),
    ]
}

fn retries() -> impl Strategy<Value = u32> {
    prop_oneof![4 => 0_u32..12, 2 => prop::sample::select(vec![31_u32, 32, 63, 64, 65, 128, u32::MAX]), 1 => any::<u32>()]
}

fn randoms() -> impl Strategy<Value = u64> {
    prop_oneof![prop::sample::select(vec![0, 1, u64::MAX / 2, u64::MAX - 1, u64::MAX]), any::<u64>()]
}

fn jitters() -> impl Strategy<Value = Jitter> {
    let percent = prop::sample::select(vec![0_u32, 1, 20, 25, 99, 100, 101, u32::MAX]);
    prop_oneof![
        Just(Jitter::None),
        Just(Jitter::Full),
        Just(Jitter::Equal),
        Just(Jitter::Decorrelated),
        percent.prop_map(|percent| Jitter::Proportional { percent }),
        durations().prop_map(Jitter::Additive),
    ]
}

fn kinds() -> impl Strategy<Value = Backoff> {
    let factor = prop_oneof![0_u32..5, Just(u32::MAX)];
    prop_oneof![
        Just(Backoff::none()),
        durations().prop_map(Backoff::constant),
        durations().prop_map(Backoff::linear),
        (durations(), factor).prop_map(|(first, factor)| Backoff::exponential(first).factor(factor)),
        durations().prop_map(Backoff::urllib3),
        prop::collection::vec(durations(), 0..4).prop_map(Backoff::schedule),
    ]
}

fn backoffs() -> impl Strategy<Value = Backoff> {
    (kinds(), jitters(), prop::option::of(durations()), any::<bool>()).prop_map(
        |(kind, jitter, cap, immediately)| {
            let backoff = kind.jitter(jitter);
            let backoff = cap.map_or(backoff.clone(), |cap| backoff.cap(cap));
            if immediately { backoff.first_retry_immediately() } else { backoff }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_delay_exceeds_its_bound(backoff in backoffs(), retry in retries(), random in randoms()) {
        prop_assert!(backoff.delay(retry, random) <= backoff.max_delay(retry));
        prop_assert!(backoff.max_delay(retry) <= backoff.max_delay(u32::MAX).max(backoff.max_delay(retry)));
    }

    #[test]
    fn no_delay_exceeds_the_cap(
        backoff in backoffs(), cap in durations(), previous in durations(), retry in retries(), random in randoms()
    ) {
        let backoff = backoff.cap(cap);
        prop_assert!(backoff.delay(retry, random) <= cap);
        prop_assert!(backoff.delay_after(previous, retry, random) <= cap);
        prop_assert!(backoff.max_delay(retry) <= cap);
    }

    #[test]
    fn more_chance_never_means_less_delay(
        backoff in backoffs(), previous in durations(), retry in retries(), one in randoms(), other in randoms()
    ) {
        let (less, more) = (one.min(other), one.max(other));
        prop_assert!(backoff.delay(retry, less) <= backoff.delay(retry, more));
        prop_assert!(backoff.delay_after(previous, retry, less) <= backoff.delay_after(previous, retry, more));
    }

    #[test]
    fn only_decorrelated_jitter_remembers(
        backoff in backoffs(), jitter in jitters(), previous in durations(), retry in retries(), random in randoms()
    ) {
        prop_assume!(jitter != Jitter::Decorrelated);
        let backoff = backoff.jitter(jitter);
        prop_assert_eq!(backoff.delay_after(previous, retry, random), backoff.delay(retry, random));
    }

    #[test]
    fn growing_kinds_never_shrink(first in durations(), factor in 0_u32..5, cap in durations(), retry in retries()) {
        let next = retry.saturating_add(1);
        let kinds = [Backoff::linear(first), Backoff::exponential(first).factor(factor), Backoff::urllib3(first)];
        for backoff in kinds {
            let backoff = backoff.cap(cap);
            prop_assert!(backoff.delay(retry, 0) <= backoff.delay(next, 0));
            prop_assert!(backoff.max_delay(retry) <= backoff.max_delay(next));
        }
    }

    #[test]
    fn a_session_stays_below_the_bounds_and_repeats(backoff in backoffs(), seed in any::<u64>()) {
        let delays: Vec<Duration> = backoff.delays(seed).take(40).collect();
        for (retry, delay) in (1..).zip(&delays) {
            prop_assert!(*delay <= backoff.max_delay(retry));
        }
        prop_assert!(backoff.delays(seed).take(40).eq(delays));
    }

    #[test]
    fn without_jitter_the_kind_is_exact(first in durations(), retry in 1_u32..30) {
        let exact = |product: Option<Duration>| product.unwrap_or(Duration::MAX);
        let power = 2_u32.pow(retry - 1);
        let doubled = Backoff::exponential(first).cap(Duration::MAX).delay(retry, 7);
        prop_assert_eq!(doubled, exact(first.checked_mul(power)));
        let summed = Backoff::linear(first).cap(Duration::MAX).delay(retry, 7);
        prop_assert_eq!(summed, exact(first.checked_mul(retry)));
        let urllib3 = Backoff::urllib3(first).cap(Duration::MAX).delay(retry, 7);
        let expected = if retry == 1 { Duration::ZERO } else { exact(first.checked_mul(power)) };
        prop_assert_eq!(urllib3, expected);
    }
}
