//! A budget where something that chooses one is wanted.

use tower_retry_policy::{RatioBudget, RetryPolicy};

fn main() {
    let _ = RetryPolicy::standard().budget_per(RatioBudget::new());
}
