//! The one true version, and bytes that nobody may see.

use crate::rng::Rng;
use bytes::Bytes;
use std::sync::LazyLock;

/// So many bytes of a version there are; a longer one is never sent to its end.
pub(crate) const STORED: u64 = 8 * 1024;

pub(crate) const TAG: &str = "\"v1-abc\"";
pub(crate) const DATE: &str = "Wed, 01 Jan 2025 00:00:00 GMT";

static TRUTH: LazyLock<Bytes> = LazyLock::new(|| {
    let mut rng = Rng::new(1);
    (0..STORED).map(|_| rng.next().to_le_bytes()[0]).collect()
});

/// Other than the truth in each byte.
static POISON: LazyLock<Bytes> = LazyLock::new(|| TRUTH.iter().map(|byte| !byte).collect());

fn part(of: &Bytes, begin: u64, end: u64) -> Bytes {
    let [begin, end] = [begin, end].map(|at| usize::try_from(at.min(STORED)).unwrap());
    of.slice(begin..end.max(begin))
}

/// The bytes from `begin` to before `end`, as far as they are stored.
pub(crate) fn truth(begin: u64, end: u64) -> Bytes {
    part(&TRUTH, begin, end)
}

pub(crate) fn poison(begin: u64, end: u64) -> Bytes {
    part(&POISON, begin, end)
}

/// A sum that tells one content from another.
pub(crate) fn sum(so_far: u64, data: &[u8]) -> u64 {
    data.iter().fold(so_far, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

pub(crate) const EMPTY_SUM: u64 = 0xcbf2_9ce4_8422_2325;
