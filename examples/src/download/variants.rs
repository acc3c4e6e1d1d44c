//! What is tried.

use super::{trouble::Trouble, way::Way};
use std::time::Duration;

/// A file, a network, and a way to download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Variant {
    /// Length of the file in bytes.
    pub length: u32,
    /// Why it breaks off.
    pub trouble: Trouble,
    /// The longest silence between two frames of the body.
    pub silence: Duration,
    /// What becomes of a body that breaks off.
    pub way: Way,
}

/// Fits into memory without a thought.
const SHORT: u32 = 200_000;
/// What nobody wants to begin again.
const LONG: u32 = 20_000_000;

/// The recipe's silence.
pub(super) const SILENCE: u64 = 5_000;

/// File, trouble, and silence in milliseconds; each of them in every way.
const CASES: [(u32, Trouble, u64); 10] = [
    (SHORT, Trouble::Loss, 35_000),
    (SHORT, Trouble::Loss, SILENCE),
    (SHORT, Trouble::Loss, 2_000),
    (SHORT, Trouble::Loss, 1_000),
    (SHORT, Trouble::Loss, 500),
    (SHORT, Trouble::Dies { every: 100_000 }, SILENCE),
    (LONG, Trouble::Loss, SILENCE),
    (LONG, Trouble::Dies { every: 16_000_000 }, SILENCE),
    (LONG, Trouble::Dies { every: 4_000_000 }, SILENCE),
    (LONG, Trouble::Dies { every: 1_000_000 }, SILENCE),
];

/// All of them, in the order of the table.
#[must_use]
pub fn variants() -> Vec<Variant> {
    let of = |(length, trouble, silence)| {
        let silence = Duration::from_millis(silence);
        Way::ALL.map(|way| Variant { length, trouble, silence, way })
    };
    CASES.into_iter().flat_map(of).collect()
}

// ===== impl Variant =====

impl Variant {
    /// Downloads per run, one after the other.
    pub(super) fn downloads(self) -> u64 {
        if self.length == SHORT { 10 } else { 1 }
    }

    /// Runs, where there are so many of the short file: what is long takes a hundred times the work.
    pub(super) fn runs(self, seeds: u64) -> u64 {
        if self.length == SHORT { seeds } else { seeds.div_ceil(10) }
    }

    /// The length as it is said.
    pub(super) fn size(self) -> &'static str {
        if self.length == SHORT { "200 kB" } else { "20 MB" }
    }
}
