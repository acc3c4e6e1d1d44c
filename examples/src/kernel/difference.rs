//! One figure of one stage, over the kernel and in the lab.

use super::spread::Spread;
use crate::{
    talk::experiment::Figures,
    what_if::{Interval, interval::wilson},
};

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Figure {
    /// Calls of a run that brought the document.
    Successes,
    /// Seconds of a run.
    Seconds,
    /// Seconds of the longest call of a run that ended.
    Longest,
    /// Requests sent per call.
    Requests,
}

/// A figure of both.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Difference {
    /// Over the kernel.
    pub kernel: Spread,
    /// In the lab.
    pub lab: Spread,
}

impl Figure {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Successes, Self::Seconds, Self::Longest, Self::Requests];

    /// The name in tables and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Successes => "successes",
            Self::Seconds => "seconds",
            Self::Longest => "longest call",
            Self::Requests => "requests/call",
        }
    }

    /// So many decimals are shown.
    #[must_use]
    pub fn decimals(self) -> usize {
        match self {
            Self::Seconds | Self::Longest => 0,
            Self::Successes => 1,
            Self::Requests => 2,
        }
    }

    /// Of one run of so many calls.
    #[must_use]
    pub fn of(self, run: &Figures, calls: usize) -> f64 {
        match self {
            Self::Successes => run.ok as f64,
            Self::Seconds => run.took.as_secs_f64(),
            Self::Longest => run.longest.as_secs_f64(),
            Self::Requests => run.attempts as f64 / calls.max(1) as f64,
        }
    }
}

impl Figure {
    /// 95 % interval of the mean over these runs; none of a single one. That of successes does not end where every call
    /// succeeded.
    #[must_use]
    pub fn interval(self, runs: &[Figures], calls: usize) -> Option<Interval> {
        if self == Self::Successes {
            let share = wilson(&runs.iter().map(|run| (run.ok, calls)).collect::<Vec<_>>())?;
            return Some(Interval { low: share.low * calls as f64, high: share.high * calls as f64 });
        }
        Spread::of(&runs.iter().map(|run| self.of(run, calls)).collect::<Vec<f64>>()).interval()
    }
}

impl Difference {
    /// Of runs of so many calls.
    #[must_use]
    pub fn new(figure: Figure, kernel: &[Figures], lab: &[Figures], calls: usize) -> Self {
        let spread = |runs: &[Figures]| {
            Spread::of(&runs.iter().map(|run| figure.of(run, calls)).collect::<Vec<f64>>())
        };
        Self { kernel: spread(kernel), lab: spread(lab) }
    }

    /// By how much the lab's mean is above the kernel's, with 95 % confidence.
    #[must_use]
    pub fn interval(&self) -> Option<Interval> {
        self.lab.minus(&self.kernel)
    }

    /// Whether the runs' spread does not explain it.
    #[must_use]
    pub fn is_real(&self) -> bool {
        self.interval().is_some_and(|interval| interval.low > 0.0 || interval.high < 0.0)
    }
}
