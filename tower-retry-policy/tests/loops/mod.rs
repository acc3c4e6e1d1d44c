//! The loops of attempts that follow a policy: what a test says holds in each of them.

#![allow(dead_code, unused_imports, unused_macros, reason = "each test file uses its own part")]

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
    pub(crate) const OURS: Self = Self::Ours;

    /// Hedges are set, and no answer takes long enough to be doubted.
    pub(crate) const PATIENT: Self = Self::Hedging(Duration::from_secs(86_400 * 365));

    /// Of answers over loopback some take longer.
    pub(crate) const HASTY: Self = Self::Hedging(Duration::from_millis(1));

    pub(crate) const TOWERS: Self = Self::Towers;

    pub(crate) const ALL: [Self; 3] = [Self::Ours, Self::PATIENT, Self::Towers];

    /// Whether a request that may be repeated can have been sent once more than its failures explain.
    pub(crate) fn doubts(self) -> bool {
        self == Self::HASTY
    }

    /// The layer that retries by this policy.
    pub(crate) fn retry(self, policy: RetryPolicy) -> Attempts {
        match self {
            Self::Ours => Either::Left(RetryLayer::new(policy)),
            Self::Hedging(delay) => Either::Left(RetryLayer::new(policy).hedge(Hedge::after(delay))),
            Self::Towers => Either::Right(retry::RetryLayer::new(policy)),
        }
    }
}

/// Makes tests of each function that takes a loop: `name::ours`, `name::patient`, `name::towers`.
macro_rules! over_each_loop {
    (#$attribute:tt $($test:ident),* $(,)?) => {
        $(crate::loops::tests_of!(#$attribute $test, ours OURS, patient PATIENT, towers TOWERS);)*
    };
}

/// The same for real connections, where a hedge may come at any moment: `name::ours`, `name::hasty`.
macro_rules! over_our_loop {
    (#$attribute:tt $($test:ident),* $(,)?) => {
        $(crate::loops::tests_of!(#$attribute $test, ours OURS, hasty HASTY);)*
    };
}

macro_rules! tests_of {
    (#[test] $test:ident, $($name:ident $which:ident),*) => {
        mod $test {
            use crate::loops::Loop;

            $(#[test]
            fn $name() {
                super::$test(Loop::$which);
            })*
        }
    };
    (#$attribute:tt $test:ident, $($name:ident $which:ident),*) => {
        mod $test {
            use crate::loops::Loop;

            $(#$attribute
            async fn $name() {
                super::$test(Loop::$which).await;
            })*
        }
    };
}

pub(crate) use over_each_loop;
pub(crate) use over_our_loop;
pub(crate) use tests_of;
