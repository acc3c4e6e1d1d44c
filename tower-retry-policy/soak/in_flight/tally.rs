use std::{collections::BTreeMap, fmt, time::Duration};
use tokio::time::Instant;

/// How the calls of a wave ended.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    ends: BTreeMap<String, u64>,
    longest: Duration,
    in_flight: usize,
    pub(crate) most_in_flight: usize,
}

impl Tally {
    pub(crate) fn begins(&mut self) {
        self.in_flight += 1;
        self.most_in_flight = self.most_in_flight.max(self.in_flight);
    }

    pub(crate) fn ends(&mut self, how: String, began: Instant) {
        self.in_flight -= 1;
        *self.ends.entry(how).or_default() += 1;
        self.longest = self.longest.max(began.elapsed());
    }

    pub(crate) fn of(&self, how: &str) -> u64 {
        self.ends.get(how).copied().unwrap_or(0)
    }

    pub(crate) fn calls(&self) -> u64 {
        self.ends.values().sum()
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.in_flight == 0
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { longest, most_in_flight, .. } = self;
        write!(f, "{} calls, {most_in_flight} in flight at most, the longest {longest:?}", self.calls())?;
        self.ends.iter().try_for_each(|(how, count)| write!(f, "\n    {count:7} {how}"))
    }
}
