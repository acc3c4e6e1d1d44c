//! Where the search looks: attempts, the limits of an attempt, and the first wait.

use crate::{
    sim::random::Random,
    what_if::{Growth, Policy, Settings},
};
use std::time::Duration;

/// The settings that the search may change.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Space {
    settings: Settings,
    attempts: bool,
    head: bool,
    idle: bool,
    first: bool,
}

/// Attempts at the most.
const MOST_ATTEMPTS: f64 = 40.0;

/// No attempt is given less.
const SHORTEST: Duration = Duration::from_millis(50);

/// As long as the talk's.
const LONGEST: Duration = Duration::from_secs(60);

/// The first wait. Not nothing: a server that fails at once must not be asked again at once.
const FIRST: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

impl Space {
    /// Around these settings, without the ones that are fixed.
    #[must_use]
    pub fn around(settings: Settings, fixed: impl Fn(&str) -> bool) -> Self {
        let free = |name| !fixed(name);
        Self {
            attempts: free("attempts"),
            head: free("head"),
            idle: free("idle"),
            first: free("first") && settings.policy.growth != Growth::None,
            settings,
        }
    }

    /// The names of what may change.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        let names =
            [("attempts", self.attempts), ("head", self.head), ("idle", self.idle), ("first", self.first)];
        names.into_iter().filter(|(_, free)| *free).map(|(name, _)| name).collect()
    }

    /// The settings with this policy.
    #[must_use]
    pub fn with(&self, policy: Policy) -> Settings {
        let mut settings = self.settings.clone();
        settings.policy = policy;
        settings
    }

    /// The policy that the search starts from.
    #[must_use]
    pub fn start(&self) -> &Policy {
        &self.settings.policy
    }

    /// Calls at a time.
    pub(crate) fn workers(&self) -> usize {
        self.settings.load.workers
    }

    /// A policy from anywhere in the space, evenly on a logarithmic scale.
    pub(crate) fn anywhere(&self, random: &mut Random) -> Policy {
        let mut policy = self.settings.policy.clone();
        let mut between = |low: f64, high: f64| (low.ln() + random.unit() * (high / low).ln()).exp();
        // Always drawn, so that what is fixed does not shift the rest.
        let attempts = between(2.0, MOST_ATTEMPTS).round() as u32;
        let (shortest, longest) = (self.shortest().as_secs_f64(), self.longest().as_secs_f64());
        let [head, idle] = [between(shortest, longest), between(shortest, longest)];
        let first = between(FIRST.0.as_secs_f64(), FIRST.1.as_secs_f64());
        self.put(&mut policy, attempts, head, idle, first);
        policy
    }

    /// A policy near this one.
    pub(crate) fn near(&self, policy: &Policy, random: &mut Random) -> Policy {
        let mut near = policy.clone();
        // Up to half as much again, or a third less.
        let mut factor = || (random.unit() * 0.8 - 0.4).exp();
        let attempts = (f64::from(policy.attempts) * factor()).round().clamp(1.0, MOST_ATTEMPTS) as u32;
        let seconds = |limit: Option<Duration>| limit.unwrap_or(LONGEST).as_secs_f64();
        let [head, idle] = [seconds(policy.head) * factor(), seconds(policy.idle) * factor()];
        let first =
            (policy.first.as_secs_f64() * factor()).clamp(FIRST.0.as_secs_f64(), FIRST.1.as_secs_f64());
        self.put(&mut near, attempts, head, idle, first);
        near
    }

    fn put(&self, policy: &mut Policy, attempts: u32, head: f64, idle: f64, first: f64) {
        let limit = |seconds| rounded(seconds).clamp(self.shortest(), self.longest());
        if self.attempts {
            policy.attempts = attempts;
        }
        if self.head {
            policy.head = Some(limit(head));
        }
        if self.idle {
            policy.idle = Some(limit(idle));
        }
        if self.first {
            policy.first = rounded(first);
        }
    }

    /// A connection and an answer take two round trips; less would never succeed.
    fn shortest(&self) -> Duration {
        (self.settings.network.delay * 5).max(SHORTEST)
    }

    fn longest(&self) -> Duration {
        LONGEST.max(self.shortest() * 4)
    }
}

/// Two digits and whole milliseconds: more would claim a precision that a search has not.
fn rounded(seconds: f64) -> Duration {
    let millis = (seconds * 1e3).max(1.0);
    let step = 10_f64.powf(millis.log10().floor() - 1.0).max(1.0);
    Duration::from_millis(((millis / step).round() * step) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::random::Purpose;

    #[test]
    fn candidates_stay_in_the_space_and_keep_what_is_fixed() {
        let mut random = Random::new(1, Purpose::Candidates);
        let mut settings = Settings::default();
        settings.network.delay = Duration::from_millis(100);
        settings.policy.idle = None;
        let space = Space::around(settings, |name| name == "idle");
        assert_eq!(space.names(), ["attempts", "head", "first"]);
        let mut heads = Vec::new();
        for _ in 0..500 {
            let mut policy = space.anywhere(&mut random);
            for _ in 0..3 {
                assert!((1..=40).contains(&policy.attempts), "{policy:?}");
                let head = policy.head.unwrap();
                assert!((Duration::from_millis(500)..=LONGEST).contains(&head), "{policy:?}");
                assert!((FIRST.0..=FIRST.1).contains(&policy.first), "{policy:?}");
                assert_eq!(policy.idle, None);
                heads.push(head);
                policy = space.near(&policy, &mut random);
            }
        }
        heads.sort_unstable();
        assert!(heads[0] < Duration::from_secs(1) && heads[heads.len() - 1] > Duration::from_secs(45));
    }

    #[test]
    fn durations_are_rounded_to_two_digits() {
        for (seconds, millis) in
            [(0.0, 1), (0.0123, 12), (0.1234, 120), (1.26, 1_300), (14.4, 14_000), (59.9, 60_000)]
        {
            assert_eq!(rounded(seconds), Duration::from_millis(millis), "{seconds}");
        }
    }
}
