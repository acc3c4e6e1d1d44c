//! What a backoff says of itself is enough to make the same one.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::time::Duration;
use tower_backoff::{Backoff, Jitter, Kind};

const SECOND: Duration = Duration::from_secs(1);

fn again(backoff: &Backoff) -> Backoff {
    let made = match backoff.kind() {
        Kind::Constant(delay) => Backoff::constant(*delay),
        Kind::Linear { step } => Backoff::linear(*step),
        Kind::Exponential { first, factor } => Backoff::exponential(*first).factor(*factor),
        Kind::Urllib3 { factor } => Backoff::urllib3(*factor),
        Kind::Schedule(delays) => Backoff::schedule(delays.clone()),
        other => panic!("unknown: {other:?}"),
    };
    let made = made.jitter(backoff.jitter_kind());
    let made = backoff.explicit_cap().map_or(made.clone(), |cap| made.cap(cap));
    if backoff.is_first_immediate() { made.first_retry_immediately() } else { made }
}

#[test]
fn every_backoff_can_be_made_again() {
    let kinds = [
        Backoff::none(),
        Backoff::constant(SECOND),
        Backoff::linear(SECOND),
        Backoff::exponential(SECOND),
        Backoff::exponential(SECOND).factor(0),
        Backoff::exponential(SECOND).factor(7),
        Backoff::urllib3(SECOND),
        Backoff::schedule([SECOND, Duration::MAX]),
        Backoff::default(),
    ];
    let jitters = [
        Jitter::None,
        Jitter::Full,
        Jitter::Decorrelated,
        Jitter::Proportional { percent: 20 },
        Jitter::Additive(SECOND),
    ];
    for backoff in kinds {
        assert_eq!(again(&backoff), backoff);
        for jitter in jitters {
            let changed = backoff.clone().jitter(jitter);
            assert_eq!(again(&changed), changed);
            let changed = changed.cap(Duration::ZERO).first_retry_immediately();
            assert_eq!(again(&changed), changed);
            assert_ne!(changed, backoff);
        }
    }
}
