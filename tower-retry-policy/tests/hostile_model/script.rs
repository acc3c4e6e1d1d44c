//! A random call: the policy, the request, and what the server does at each attempt.

use crate::random::Random;
use http::{Method, StatusCode};
use std::time::Duration;
use tower_backoff::{Backoff, Jitter};
use tower_retry_policy::{Phase, RetryAfter, RetryPolicy};

pub(crate) const MS: Duration = Duration::from_millis(1);

#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) total: u32,
    pub(crate) phase_limit: Option<(Phase, u32)>,
    pub(crate) first_wait: Duration,
    pub(crate) cap: Duration,
    pub(crate) jitter: bool,
    pub(crate) retry_after: RetryAfter,
    pub(crate) rate_limit: bool,
    pub(crate) grpc: bool,
    pub(crate) as_error: bool,
    pub(crate) refuse_at: Option<u32>,
}

impl Rules {
    pub(crate) fn random(random: &mut Random) -> Self {
        let limit = Duration::from_millis(*random.pick(&[0, 500, 2000, 60_000]));
        let phase =
            *random.pick(&[Phase::Connect, Phase::Unprocessed, Phase::Read, Phase::Status, Phase::Body]);
        Self {
            total: u32::try_from(random.below(6)).unwrap(),
            phase_limit: random.chance(30).then(|| (phase, u32::try_from(random.below(3)).unwrap())),
            first_wait: Duration::from_millis(*random.pick(&[0, 1, 50, 900])),
            cap: Duration::from_millis(*random.pick(&[40, 1000, 5000])),
            jitter: random.chance(50),
            retry_after: *random.pick(&[
                RetryAfter::Refuse(limit),
                RetryAfter::Cap(limit),
                RetryAfter::Ignore,
            ]),
            rate_limit: random.chance(40),
            grpc: random.chance(40),
            as_error: random.chance(40),
            refuse_at: random.chance(15).then(|| u32::try_from(1 + random.below(4)).unwrap()),
        }
    }

    pub(crate) fn policy(&self, seed: u64) -> RetryPolicy {
        let jitter = if self.jitter { Jitter::Full } else { Jitter::None };
        let mut policy = RetryPolicy::standard()
            .retries(self.total)
            .statuses([StatusCode::BAD_GATEWAY, StatusCode::INTERNAL_SERVER_ERROR])
            .backoff(Backoff::exponential(self.first_wait).cap(self.cap).jitter(jitter))
            .retry_after(self.retry_after)
            .rate_limit_reset(self.rate_limit)
            .last_response_as_error(self.as_error)
            .without_budget()
            .seed(seed);
        if let Some((phase, limit)) = self.phase_limit {
            policy = policy.retries_after(phase, limit);
        }
        if self.grpc {
            policy = policy.grpc([14, 8]);
        }
        if let Some(at) = self.refuse_at {
            policy = policy.retry_if(move |attempt| attempt.number() != at);
        }
        policy
    }

    /// The shortest and the longest wait before this retry by the backoff alone.
    pub(crate) fn backoff(&self, retry: u32) -> (Duration, Duration) {
        let longest = (self.first_wait * 2u32.pow(retry - 1)).min(self.cap);
        (if self.jitter { Duration::ZERO } else { longest }, longest)
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Head { status: u16, fields: Vec<(&'static str, String)> },
    Error(Phase),
}

#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) takes: Duration,
    pub(crate) outcome: Outcome,
}

impl Step {
    pub(crate) fn random(random: &mut Random) -> Self {
        let takes = Duration::from_millis(*random.pick(&[0, 0, 1, 7, 400]));
        if random.chance(35) {
            let phases =
                [Phase::Connect, Phase::Unprocessed, Phase::Read, Phase::Body, Phase::Content, Phase::Other];
            return Self { takes, outcome: Outcome::Error(*random.pick(&phases)) };
        }
        let mut status =
            *random.pick(&[200, 200, 301, 404, 413, 421, 425, 429, 500, 500, 501, 502, 502, 503, 503]);
        let mut fields = Vec::new();
        if random.chance(40) {
            let values = ["0", "1", "2", " 3 ", "61", "-1", "1.5", "", "+1", "99999999999999999999", "soon"];
            fields.push(("retry-after", (*random.pick(&values)).to_owned()));
        }
        if random.chance(25) {
            fields.push(("x-ratelimit-reset", random.pick(&["1", "2", "70"]).to_string()));
            if random.chance(60) {
                fields.push(("x-ratelimit-remaining", random.pick(&["0", "1", "x"]).to_string()));
            }
        }
        if random.chance(20) {
            status = 200;
            fields.clear();
            fields.push(("grpc-status", random.pick(&["0", "14", "8", "3", "16"]).to_string()));
            if random.chance(50) {
                let values = ["-1", "0", "10", "1500", "61000", "x", "2147483647"];
                fields.push(("grpc-retry-pushback-ms", (*random.pick(&values)).to_owned()));
            }
        }
        Self { takes, outcome: Outcome::Head { status, fields } }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub(crate) rules: Rules,
    /// the override in the request's extensions replaces the rules of the layer
    pub(crate) override_of: Option<Rules>,
    pub(crate) method: Method,
    pub(crate) key: bool,
    pub(crate) deadline: Option<Duration>,
    pub(crate) grants: u32,
    pub(crate) steps: Vec<Step>,
}

impl Script {
    pub(crate) fn random(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let rules = Rules::random(&mut random);
        let override_of = random.chance(30).then(|| Rules::random(&mut random));
        let method =
            random.pick(&[Method::GET, Method::PUT, Method::POST, Method::PATCH, Method::DELETE]).clone();
        let key = random.chance(25);
        let deadline = random.chance(50).then(|| Duration::from_millis(random.below(4000)));
        let grants = u32::try_from(*random.pick(&[0, 1, 2, 100, 100, 100])).unwrap();
        let steps = (0..8).map(|_| Step::random(&mut random)).collect();
        Self { rules, override_of, method, key, deadline, grants, steps }
    }

    pub(crate) fn rules_that_hold(&self) -> &Rules {
        self.override_of.as_ref().unwrap_or(&self.rules)
    }
}
