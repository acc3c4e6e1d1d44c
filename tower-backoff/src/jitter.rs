//! From which range around the computed delay the actual one is drawn.

use crate::nanos::percent_of;
use std::time::Duration;

/// How chance spreads the delays of clients that failed at the same moment.
///
/// Without jitter everybody who failed together comes back together. The figures are those of AWS's
/// ["Exponential Backoff And Jitter"](https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/),
/// in whose experiment of competing writers full jitter needs the fewest calls.
///
/// With `d` for the delay that the backoff computed, already limited by the cap, each kind draws evenly from
/// the range given below, at a resolution of one nanosecond. The range ends at the cap, so no draw exceeds
/// it and none piles up on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Jitter {
    /// Exactly `d`. For a single client and for tests.
    #[default]
    None,
    /// `0..=d`: spreads best. A delay may be next to nothing.
    Full,
    /// `d/2..=d`: at least half of the delay is kept.
    Equal,
    /// `first..=3 * previous`: grows from the delay before it rather than by the number of the retry, whose
    /// growth it ignores. `previous` is at least `first`, the backoff's first delay.
    ///
    /// It is the one kind with a memory: see [`Backoff::delay_after`](crate::Backoff::delay_after). From a
    /// first delay of nothing it can never grow.
    Decorrelated,
    /// `d - percent..=d + percent`: gRPC takes 20 % ([A6][a6]), Polly 25 % ([retry strategy][polly]).
    ///
    /// From 100 on the range begins at zero. At the cap the upper half is cut off; gRPC lets it pass.
    ///
    /// [a6]: https://github.com/grpc/proposal/blob/master/A6-client-retries.md
    /// [polly]: https://www.pollydocs.org/strategies/retry.html
    Proportional {
        /// Half the width of the range in hundredths of the delay.
        percent: u32,
    },
    /// `d..=d + extra`: never early, as urllib3's [`backoff_jitter`][urllib3] does it.
    ///
    /// Nothing is added once `d` has reached the cap: give a cap above the longest delay if the last ones
    /// are to be spread too.
    ///
    /// [urllib3]: https://urllib3.readthedocs.io/en/stable/reference/urllib3.util.html#urllib3.util.Retry
    Additive(
        /// The longest addition.
        Duration,
    ),
}

impl Jitter {
    /// The range around a delay of so many nanoseconds; not for the decorrelated kind, whose range does not
    /// depend on it.
    #[inline]
    pub(crate) fn range(self, nanos: u128) -> (u128, u128) {
        match self {
            Self::None | Self::Decorrelated => (nanos, nanos),
            Self::Full => (0, nanos),
            Self::Equal => (nanos / 2, nanos),
            Self::Proportional { percent } => {
                let part = percent_of(nanos, percent);
                (nanos.saturating_sub(part), nanos + part)
            }
            Self::Additive(extra) => (nanos, nanos + extra.as_nanos()),
        }
    }
}
