//! A closure where an observer is wanted.

use tower_retry_policy::{Attempt, RetryPolicy};

fn main() {
    let _ = RetryPolicy::standard().observer(|_: &Attempt<'_>| ());
}
