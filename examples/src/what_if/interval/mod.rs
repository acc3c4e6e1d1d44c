//! How sure a figure is.
//!
//! The calls of one seed share a network and are not independent, so the seeds are what is counted, and few of them tell
//! little of how much they differ. What is computed:
//!
//! - A **share** ([`wilson`]) has Wilson's interval, which does not end at nothing where every call succeeded, with the
//!   *effective* number of calls in place of their number: so many independent calls would tell as much. As Korn and
//!   Graubard have it ("Confidence intervals for proportions with small expected number of positive counts estimated from
//!   survey data", 1998), the effective number is divided by `(t / z)^2` for the few clusters. Theirs is the interval of
//!   Clopper and Pearson; Wilson's is shorter and covers as well here.
//! - A **percentile** ([`Effective::percentile`]) has the ends at which the share of longer calls stops to agree with it by
//!   the same measure (Woodruff, "Confidence intervals for medians and other position measures", 1952). Where too few calls
//!   are that long, there is no upper end, and none is made up.
//! - A **mean per call** ([`Effective::mean`]) has Student's interval over the seeds.
//! - A **difference on the same seeds** is resampled ([`Resampled`]).
//!
//! Rare bursts are the trap: seeds that show none say nothing of how many calls one takes along. So all three assume one
//! burst, of as many calls as run side by side, beyond those that were seen. That makes them too wide where calls fail
//! alone and rarely, and right where they fail together. `coverage.rs` says how often they hold the truth.

#[cfg(test)]
mod coverage;
mod effective;
mod resampled;
mod student;

pub(crate) use self::{
    effective::{Effective, difference_of_means, difference_of_shares, mean, of_independent, share, wilson},
    resampled::{LEAST_RESAMPLED, Resampled},
    student::student,
};

/// Where a figure lies with 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end; infinite where the calls do not tell.
    pub high: f64,
}

/// Fewer seeds carry no interval: from four, how much seeds differ is known no better than to 0.27..1.8 times (chi-square with
/// three degrees of freedom), and Student's factor is above 3.
pub(crate) const LEAST_SEEDS: usize = 5;

/// 97.5 % of a normal distribution lie below this many standard deviations.
pub(crate) const Z: f64 = 1.959_964;

impl Interval {
    /// Whether it holds this value.
    #[must_use]
    pub fn holds(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}
