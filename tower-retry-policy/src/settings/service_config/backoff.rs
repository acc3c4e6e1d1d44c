//! Durations and waits as gRPC writes them.

use super::super::{duration, misfit::Misfit, tree::Tree};
use std::time::Duration;
use tower_backoff::{Backoff, Jitter};

/// The longest `google.protobuf.Duration`, about ten thousand years.
const LONGEST: Duration = Duration::from_secs(315_576_000_000);

/// A duration in JSON: seconds, at most nine decimals, and "s". A6's own examples leave the zero before the point out.
pub(super) fn proto_duration(tree: &Tree, passes: impl Fn(Duration) -> bool) -> Result<Duration, Misfit> {
    let duration = match tree {
        Tree::Text(text) => text
            .strip_suffix('s')
            .filter(|number| number.ends_with(|char: char| char.is_ascii_digit()))
            .and_then(|_| duration::parse(text)),
        _ => None,
    };
    duration
        .filter(|duration| *duration <= LONGEST && passes(*duration))
        .ok_or_else(|| Misfit::new("a positive number of seconds, such as \"0.5s\"", tree))
}

/// The waits of A6: before the n-th retry `min(initial * multiplier^(n - 1), max)`, times a number drawn from 0.8 to 1.2.
///
/// As a schedule, because multipliers may be fractions; five attempts have four waits. A6 draws the jitter after `max` has
/// cut the wait, so the cap, which cuts the jitter too, lies well above it.
pub(super) fn waits(initial: Duration, max: Duration, multiplier: f64, retries: u32) -> Backoff {
    let grown = |times: u32| {
        let factor = multiplier.powi(i32::try_from(times).unwrap_or(i32::MAX));
        Duration::try_from_secs_f64(initial.as_secs_f64() * factor).unwrap_or(max).min(max)
    };
    let delays: Vec<Duration> = (0..retries).map(grown).collect();
    Backoff::schedule(delays).jitter(Jitter::Proportional { percent: 20 }).cap(max.saturating_mul(2))
}
