//! The loops of attempts that follow a policy: what a test says holds in each of them.

#![allow(dead_code, unused_imports, reason = "each test file uses its own part")]

use std::time::Duration;
use tower::{retry, util::Either};
use tower_retry_policy::{RetryLayer, RetryPolicy, retry::Hedge};

/// What sends the attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loop {
    /// `RetryLayer`.
    Ours,
    /// `RetryLayer` with a second attempt beside one that has brought nothing for so long.
    Hedging(Duration),
    /// `tower::retry::RetryLayer`, which `.retry(policy)` is short for.
    Towers,
}

/// The layer that retries, whichever it is.
pub(crate) type Attempts = Either<RetryLayer, retry::RetryLayer<RetryPolicy>>;

impl Loop {
    /// Hedges are set, and no answer takes long enough to be doubted.
    pub(crate) const PATIENT: Self = Self::Hedging(Duration::from_secs(86_400 * 365));

    pub(crate) const ALL: [Self; 3] = [Self::Ours, Self::PATIENT, Self::Towers];

    /// The layer that retries by this policy.
    pub(crate) fn retry(self, policy: RetryPolicy) -> Attempts {
        match self {
            Self::Ours => Either::Left(RetryLayer::new(policy)),
            Self::Hedging(delay) => Either::Left(RetryLayer::new(policy).hedge(Hedge::after(delay))),
            Self::Towers => Either::Right(retry::RetryLayer::new(policy)),
        }
    }
}

/// Makes a test for each loop of each function that takes one: `name::ours`, `name::patient`, `name::towers`.
macro_rules! over_each_loop {
    (#[test] $($test:ident),* $(,)?) => {
        $(mod $test {
            use super::loops::Loop;

            #[test]
            fn ours() {
                super::$test(Loop::Ours);
            }

            #[test]
            fn patient() {
                super::$test(Loop::PATIENT);
            }

            #[test]
            fn towers() {
                super::$test(Loop::Towers);
            }
        })*
    };
    (#[$attribute:meta] $($test:ident),* $(,)?) => {
        $(over_each_loop!(@ #[$attribute] $test);)*
    };
    (@ #[$attribute:meta] $test:ident) => {
        mod $test {
            use super::loops::Loop;

            #[$attribute]
            async fn ours() {
                super::$test(Loop::Ours).await;
            }

            #[$attribute]
            async fn patient() {
                super::$test(Loop::PATIENT).await;
            }

            #[$attribute]
            async fn towers() {
                super::$test(Loop::Towers).await;
            }
        }
    };
}

pub(crate) use over_each_loop;
