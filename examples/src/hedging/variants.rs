//! The hedges that are compared.

use std::{sync::Arc, time::Duration};
use tower_retry_policy::{
    RatioBudget, RetryLayer, RetryPolicy,
    retry::{Hedge, Percentile},
};

/// One way to hedge.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Variant {
    /// Its name in the table and the files.
    pub name: &'static str,
    /// When the second attempt starts, if there is one.
    pub hedge: Option<fn() -> Hedge>,
    /// Second attempts in a hundred calls that the budget allows; without one, any.
    pub budget: Option<u32>,
}

/// Those for a server that is slow now and then.
pub const TAILS: &[Variant] = &[
    Variant { name: "no hedge", hedge: None, budget: None },
    Variant { name: "20 ms", hedge: Some(twice_the_median), budget: None },
    Variant { name: "20 ms, budget 2 %", hedge: Some(twice_the_median), budget: Some(2) },
    Variant { name: "p95", hedge: Some(p95), budget: None },
    Variant { name: "p95, budget 2 %", hedge: Some(p95), budget: Some(2) },
    Variant { name: "1.5 x p95", hedge: Some(beyond_p95), budget: None },
    Variant { name: "1.5 x p95, budget 2 %", hedge: Some(beyond_p95), budget: Some(2) },
    Variant { name: "12 ms", hedge: Some(too_early), budget: None },
    Variant { name: "12 ms, budget 10 %", hedge: Some(too_early), budget: Some(10) },
];

/// Those for a server that stands still.
pub const STALLS: &[Variant] = &[
    Variant { name: "no hedge", hedge: None, budget: None },
    Variant { name: "50 ms", hedge: Some(five_times_the_median), budget: None },
    Variant { name: "50 ms, budget 10 %", hedge: Some(five_times_the_median), budget: Some(10) },
    Variant { name: "50 ms, budget 2 %", hedge: Some(five_times_the_median), budget: Some(2) },
];

fn twice_the_median() -> Hedge {
    Hedge::after(Duration::from_millis(20))
}

/// Three quick answers in ten take longer.
fn too_early() -> Hedge {
    Hedge::after(Duration::from_millis(12))
}

fn five_times_the_median() -> Hedge {
    Hedge::after(Duration::from_millis(50))
}

/// Counted in classes of a sixteenth, which are read at their upper ends: here that lies just beyond the quick answers.
fn p95() -> Hedge {
    Hedge::after(Percentile::new(95.0))
}

fn beyond_p95() -> Hedge {
    Hedge::after(Percentile::new(95.0).factor(1.5))
}

impl Variant {
    /// Two attempts at the most. To be made within the runtime, whose clock its parts read.
    pub(super) fn layer(&self) -> RetryLayer {
        let policy = RetryPolicy::standard().retries(1);
        let policy = match self.budget {
            None => policy.without_budget(),
            // No floor: at this rate it would add to the share, and the share is what is compared.
            Some(percent) => {
                let budget = RatioBudget::new().ratio(f64::from(percent) / 100.0).per_second(0);
                policy.budget(Arc::new(budget))
            }
        };
        match self.hedge {
            None => RetryLayer::new(policy),
            Some(hedge) => RetryLayer::new(policy).hedge(hedge()),
        }
    }
}
