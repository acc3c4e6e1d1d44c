//! The backoffs that are compared.

use std::time::Duration;
use tower_backoff::{Backoff, Jitter};

/// AWS's base. The decorrelated delays begin with it.
pub const BASE: Duration = Duration::from_millis(5);

/// The longest delay, as in AWS's simulator.
pub const CAP: Duration = Duration::from_secs(2);

/// A backoff and its name.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Variant {
    /// Its name in the table and the files.
    pub name: &'static str,
    /// Whether its delays are random.
    pub jittered: bool,
    /// What a client waits after a conflict.
    pub backoff: fn() -> Backoff,
}

/// Those of AWS's post.
pub const VARIANTS: &[Variant] = &[
    Variant { name: "none", jittered: false, backoff: Backoff::none },
    Variant { name: "exponential", jittered: false, backoff: || exponential(Jitter::None) },
    Variant { name: "equal", jittered: true, backoff: || exponential(Jitter::Equal) },
    Variant { name: "full", jittered: true, backoff: || exponential(Jitter::Full) },
    Variant { name: "decorrelated", jittered: true, backoff: decorrelated },
];

/// The simulator's first retry is its number 1, not 0, and so waits up to `base * 2^1`.
fn exponential(jitter: Jitter) -> Backoff {
    Backoff::exponential(2 * BASE).cap(CAP).jitter(jitter)
}

fn decorrelated() -> Backoff {
    Backoff::exponential(BASE).cap(CAP).jitter(Jitter::Decorrelated)
}
