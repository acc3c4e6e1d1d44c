use std::time::Duration;
use tokio::time::Instant;

/// A limit, or none, in nanoseconds: half the size of an `Option<Duration>`, and it is copied with every call and every
/// body. What does not fit is longer than five centuries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Allowance {
    /// The largest number is no limit, so that the smaller of two is the stricter.
    nanoseconds: u64,
}

impl Allowance {
    pub(crate) const UNLIMITED: Self = Self { nanoseconds: u64::MAX };
    const LONGEST: u64 = u64::MAX - 1;

    pub(crate) const fn new(limit: Duration) -> Self {
        let nanoseconds = limit.as_nanos();
        let fits = nanoseconds < Self::LONGEST as u128;
        Self { nanoseconds: if fits { nanoseconds as u64 } else { Self::LONGEST } }
    }

    pub(crate) const fn limit(self) -> Option<Duration> {
        if self.is_unlimited() { None } else { Some(Duration::from_nanos(self.nanoseconds)) }
    }

    pub(crate) const fn is_unlimited(self) -> bool {
        self.nanoseconds == u64::MAX
    }

    pub(crate) const fn is_zero(self) -> bool {
        self.nanoseconds == 0
    }

    /// When it is used up, if it can be.
    pub(crate) fn after(self, start: Instant) -> Option<Instant> {
        // no overflow: the platforms' instants reach further than five centuries
        if self.is_unlimited() { None } else { Some(start + Duration::from_nanos(self.nanoseconds)) }
    }
}
