//! A chain of parts in closed form.

/// Parts that must all go well, each with retries.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Chain {
    /// Probability that an attempt at a part fails.
    pub f: f64,
    /// Parts of one repetition.
    pub n: u64,
    /// Repetitions.
    pub k: u64,
    /// Retries of each part.
    pub retries: u32,
}

impl Chain {
    /// A chain of `n` parts, `k` times over.
    #[must_use]
    pub fn new(f: f64, n: u64, k: u64, retries: u32) -> Self {
        Self { f, n, k, retries }
    }

    /// Parts in all.
    #[must_use]
    pub fn parts(&self) -> u64 {
        self.n.saturating_mul(self.k)
    }

    /// Probability that a part fails with all its attempts: `f^(r+1)`.
    #[must_use]
    pub fn part_fails(&self) -> f64 {
        self.f.powf(f64::from(self.retries) + 1.0)
    }

    /// Probability that every part goes well: `(1 - f^(r+1))^(nk)`.
    #[must_use]
    pub fn succeeds(&self) -> f64 {
        // ln_1p, because 1 - f forgets an f below 1e-16.
        (self.parts() as f64 * (-self.part_fails()).ln_1p()).exp()
    }

    /// Parts begun on average: the chain ends with the first part that fails for good.
    #[must_use]
    pub fn parts_begun(&self) -> f64 {
        let (fails, parts) = (self.part_fails(), self.parts() as f64);
        if fails > 0.0 { (-(parts * (-fails).ln_1p()).exp_m1() / fails).min(parts) } else { parts }
    }

    /// Attempts on average over the whole chain, by Wald's identity: parts begun times `(1 - f^(r+1)) / (1 - f)`.
    #[must_use]
    pub fn attempts(&self) -> f64 {
        let of_a_part = if self.f < 1.0 {
            (1.0 - self.part_fails()) / (1.0 - self.f)
        } else {
            f64::from(self.retries) + 1.0
        };
        self.parts_begun() * of_a_part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_talks_table_comes_out() {
        for (n, k, talk) in [(1, 1, "1.00"), (100, 1000, "0.90"), (100, 10_000, "0.37")] {
            assert_eq!(format!("{:.2}", Chain::new(1e-6, n, k, 0).succeeds()), talk, "n {n}, k {k}");
        }
    }

    #[test]
    fn retries_are_paid_in_attempts() {
        for (chain, succeeds, begun, attempts) in [
            // Two parts: 1/4 for both, one and a half are begun.
            (Chain::new(0.5, 2, 1, 0), 0.25, 1.5, 1.5),
            // With a retry a part fails with 1/4 and takes 1.5 attempts.
            (Chain::new(0.5, 2, 1, 1), 0.5625, 1.75, 2.625),
            (Chain::new(0.0, 100, 1000, 3), 1.0, 1e5, 1e5),
            (Chain::new(1.0, 100, 1000, 3), 0.0, 1.0, 4.0),
            (Chain::new(1e-6, 100, 10_000, 1), 0.999_999, 999_999.5, 1_000_000.5),
        ] {
            let near = |a: f64, b: f64| (a - b).abs() < 1e-9 * b.max(1.0);
            assert!(near(chain.succeeds(), succeeds), "{chain:?}: {}", chain.succeeds());
            assert!(near(chain.parts_begun(), begun), "{chain:?}: {}", chain.parts_begun());
            assert!(near(chain.attempts(), attempts), "{chain:?}: {}", chain.attempts());
        }
    }

    #[test]
    fn no_numbers_leave_the_range() {
        for f in [0.0, 1e-300, 1e-17, 1e-6, 0.5, 1.0 - 1e-16, 1.0] {
            for n in [1, 100, u64::MAX] {
                for retries in [0, 1, 1_000, u32::MAX] {
                    let chain = Chain::new(f, n, u64::MAX, retries);
                    assert!((0.0..=1.0).contains(&chain.succeeds()), "{chain:?}");
                    assert!(chain.attempts().is_finite() && chain.parts_begun() >= 1.0, "{chain:?}");
                }
            }
        }
    }
}
