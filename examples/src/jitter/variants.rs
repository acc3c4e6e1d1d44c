//! The backoffs that are compared.

use std::time::Duration;

use tower_backoff::{Backoff, Jitter};

/// The first delay, as in AWS's simulator.
pub const FIRST: Duration = Duration::from_millis(5);

/// The longest delay, as in AWS's simulator.
pub const CAP: Duration = Duration::from_secs(2);

/// A backoff and its name.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Variant {
    /// Its name in the table and the files.
    pub name: &'static str,
    /// What a client waits after a conflict.
    pub backoff: fn() -> Backoff,
}

/// Those of AWS's post.
pub const VARIANTS: &[Variant] = &[
    Variant { name: "none", backoff: Backoff::none },
    Variant { name: "exponential", backoff: || exponential(Jitter::None) },
    Variant { name: "equal", backoff: || exponential(Jitter::Equal) },
    Variant { name: "full", backoff: || exponential(Jitter::Full) },
    Variant { name: "decorrelated", backoff: || exponential(Jitter::Decorrelated) },
];

fn exponential(jitter: Jitter) -> Backoff {
    Backoff::exponential(FIRST).cap(CAP).jitter(jitter)
}
