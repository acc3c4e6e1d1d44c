use fastrand::Rng;

/// What is drawn for, so that no two of them see the same numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    Call,
    Fault,
    Content,
    Connect,
    Connection,
}

/// A generator for this purpose, the n-th of its kind, and its m-th attempt.
pub(crate) fn draw(seed: u64, purpose: Purpose, n: u64, m: u64) -> Rng {
    let mixed = [purpose as u64, n, m].into_iter().fold(seed, |state, part| mix(state ^ mix(part)));
    Rng::with_seed(mixed)
}

/// splitmix64's finalizer: generators that are seeded with consecutive numbers begin alike.
fn mix(state: u64) -> u64 {
    let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}
