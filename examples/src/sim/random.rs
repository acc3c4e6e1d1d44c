//! Seeded random numbers: every random choice of a run comes from here.
//!
//! The generator is PCG64 (`rand_pcg`, pinned to one version, so that its stream cannot change under
//! recorded results). Each purpose has a generator of its own, so that a change in one place (another
//! probe rate, one more lie) does not shift the numbers of another.

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64;

/// What a generator is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// Loss of the server's packets.
    ServerLoss = 1,
    /// Loss of the client's packets.
    ClientLoss = 2,
    /// The server's TCP stack (initial sequence numbers).
    ServerStack = 3,
    /// The client's TCP stack.
    ClientStack = 4,
    /// Which responses the server lies in, and how.
    Lies = 5,
    /// The document that the server serves.
    Document = 6,
    /// The seeds that the calls of a stage receive for their policies.
    Calls = 7,
    /// When the clients of a storm or a contest act, and how long their messages take.
    Clients = 8,
    /// The seeds of the retries and throttles of a storm or a contest.
    Policies = 9,
    /// Which packets of the probe a capture shows as lost: drawn after the run.
    ProbePath = 10,
    /// Which seeds count how often when a figure's interval is estimated.
    Resampling = 20,
    /// The candidates of a search for a policy.
    Candidates = 21,
    /// The seeds of a question's runs.
    Runs = 23,
    /// How long the answers of a server take that is slow now and then, and when its clients call.
    Answers = 11,
    /// How long the connections of a server last.
    Connections = 12,
    /// The trials of a chain of parts that may fail.
    Trials = 22,
}

/// A generator of one purpose in one run.
#[derive(Debug, Clone)]
pub struct Random {
    generator: Pcg64,
}

impl Random {
    /// The generator of `purpose` in the run with this seed.
    #[must_use]
    pub fn new(seed: u64, purpose: Purpose) -> Self {
        let mut mixer = SplitMix64 { state: SplitMix64 { state: seed }.next() ^ (purpose as u64) };
        let mut bytes = [0; 32];
        for word in bytes.chunks_exact_mut(8) {
            word.copy_from_slice(&mixer.next().to_le_bytes());
        }
        Self { generator: Pcg64::from_seed(bytes) }
    }

    /// Uniform over all of `u64`.
    pub fn next_u64(&mut self) -> u64 {
        self.generator.next_u64()
    }

    /// Uniform in `0.0..1.0`, in steps of 2^-53.
    pub fn unit(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
        (self.next_u64() >> 11) as f64 * STEP
    }

    /// True with this probability: never at 0, always at 1.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Uniform in `0..bound` (0 for an empty range).
    pub fn below(&mut self, bound: u64) -> u64 {
        // The high half of a 128-bit product: the bias is below bound / 2^64.
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }
}

/// Spreads a seed over the 256 bits that PCG64 wants, so that seeds 1, 2, 3 start far apart
/// (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", 2014).
struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_the_recorded_one() {
        let mut random = Random::new(1, Purpose::ServerLoss);
        let drawn: Vec<u64> = (0..3).map(|_| random.next_u64()).collect();
        assert_eq!(drawn, RECORDED, "recorded results would no longer be reproducible");
    }

    const RECORDED: [u64; 3] = [8741101430728364679, 9485872779531710515, 12463858139338084964];

    #[test]
    fn seeds_and_purposes_do_not_share_numbers() {
        let mut firsts: Vec<u64> = (0..100)
            .flat_map(|seed| {
                [Purpose::ServerLoss, Purpose::Lies].map(|purpose| Random::new(seed, purpose).next_u64())
            })
            .collect();
        firsts.sort_unstable();
        firsts.dedup();
        assert_eq!(firsts.len(), 200);
    }

    #[test]
    fn unit_and_below_cover_their_range_evenly() {
        let mut random = Random::new(7, Purpose::Calls);
        let mean = (0..100_000).map(|_| random.unit()).sum::<f64>() / 100_000.0;
        assert!((mean - 0.5).abs() < 0.005, "mean {mean}");
        let mut counts = [0_u32; 10];
        for _ in 0..100_000 {
            counts[random.below(10) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn certain_chances_are_certain() {
        let mut random = Random::new(7, Purpose::Calls);
        assert!((0..1000).all(|_| random.chance(1.0) && !random.chance(0.0)));
    }
}
