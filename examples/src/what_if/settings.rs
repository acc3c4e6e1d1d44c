//! What a question is asked about: a network, a policy, and the load.

use crate::sim::{
    document::SIZE,
    network::{GilbertElliott, Preset},
    world,
};
use std::{sync::Arc, time::Duration};
use tower_backoff::{Backoff, Jitter};
use tower_retry_policy::{AttemptTimeoutLayer, RetryLayer, RetryPolicy, budget::RatioBudget, retry::Hedge};

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// The network and the server.
    pub network: Conditions,
    /// What the client does.
    pub policy: Policy,
    /// How often, and over which seeds.
    pub load: Load,
}

/// The network and the server on it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Conditions {
    /// The loss of the server's packets.
    pub loss: GilbertElliott,
    /// Where the other settings of the network come from.
    pub preset: Preset,
    /// Packets a second of a probe beside the calls.
    pub probe: Option<u32>,
    /// Delay of each direction in whole milliseconds.
    pub delay: Duration,
    /// Length of the document in bytes.
    pub size: usize,
    /// Percentage of responses in which the server lies.
    pub lies: f64,
}

/// The policy of the client: this project's layers with these numbers.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Policy {
    /// Attempts, the first included.
    pub attempts: u32,
    /// Limit of one attempt until the response's head.
    pub head: Option<Duration>,
    /// Limit of the silence within the body.
    pub idle: Option<Duration>,
    /// Limit of a whole attempt.
    pub total: Option<Duration>,
    /// Limit of the call.
    pub deadline: Option<Duration>,
    /// How the waits grow.
    pub growth: Growth,
    /// The first wait (urllib3's factor).
    pub first: Duration,
    /// By what exponential waits grow.
    pub factor: u32,
    /// The longest wait.
    pub cap: Option<Duration>,
    /// How the waits are spread.
    pub jitter: Jitter,
    /// What is judged inside the attempt.
    pub check: Judged,
    /// How long the newest attempt may run before another starts beside it.
    pub hedge: Option<Duration>,
    /// How many attempts may run at once where they are hedged.
    pub at_once: u32,
    /// What all calls of a run may spend on retries.
    pub budget: Spending,
}

/// The kinds of backoff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Growth {
    /// No wait.
    None,
    /// The same wait each time.
    Constant,
    /// One step more each time.
    Linear,
    /// A factor more each time.
    Exponential,
    /// Nothing, then `first * 2^(n-1)`.
    Urllib3,
}

/// What retries may cost together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Spending {
    /// Anything.
    Off,
    /// What the library allows by default: 20 % of the requests of the last 10 s, and 10 retries a second beside.
    Standard,
    /// A share of the requests of the last 10 s, and nothing beside.
    Share {
        /// Of the requests.
        percent: u32,
    },
}

/// What of a response is judged inside the attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Judged {
    /// Its head only: what goes wrong in the body ends the call.
    Head,
    /// That the body is whole.
    Length,
    /// That the body is whole and JSON.
    Json,
}

/// How many calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Load {
    /// Calls per run.
    pub requests: usize,
    /// Calls at a time.
    pub workers: usize,
    /// The first seed.
    pub seed: u64,
    /// How many seeds.
    pub seeds: u64,
}

impl Default for Settings {
    /// The talk's network and load, and the policy of the stage [`recommended`](crate::talk::stages::recommended).
    fn default() -> Self {
        Self {
            network: Conditions {
                loss: GilbertElliott::TALK,
                preset: Preset::Talk,
                probe: Preset::Talk.knobs().probe,
                delay: Preset::Talk.knobs().delay,
                size: SIZE,
                lies: 1.0,
            },
            policy: Policy {
                attempts: 20,
                head: Some(Duration::from_secs(14)),
                idle: Some(Duration::from_secs(35)),
                total: None,
                deadline: None,
                growth: Growth::Exponential,
                first: Duration::from_millis(100),
                factor: 2,
                cap: Some(Duration::from_secs(2)),
                jitter: Jitter::Full,
                check: Judged::Json,
                hedge: None,
                at_once: 2,
                // One client is no storm: the question is what the network lets through.
                budget: Spending::Off,
            },
            load: Load { requests: 100, workers: 10, seed: 1, seeds: 100 },
        }
    }
}

impl Conditions {
    /// The world of the run with this seed.
    #[must_use]
    pub fn world(&self, seed: u64) -> world::Settings {
        let mut settings = world::Settings::new(seed);
        settings.loss = Some(self.loss);
        settings.knobs = self.preset.knobs();
        settings.knobs.probe = self.probe;
        settings.knobs.delay = self.delay;
        settings.size = self.size;
        settings.lies = self.lies / 100.0;
        settings
    }
}

impl Policy {
    /// The limits of one attempt.
    #[must_use]
    pub fn limits(&self) -> AttemptTimeoutLayer {
        let mut layer = AttemptTimeoutLayer::new();
        if let Some(limit) = self.head {
            layer = layer.head(limit);
        }
        if let Some(limit) = self.idle {
            layer = layer.idle(limit);
        }
        if let Some(limit) = self.total {
            layer = layer.total(limit);
        }
        layer
    }

    /// The budget that all calls of a run share.
    #[must_use]
    pub fn budget(&self) -> Option<Arc<RatioBudget>> {
        let budget = match self.budget {
            Spending::Off => return None,
            Spending::Standard => RatioBudget::new(),
            Spending::Share { percent } => RatioBudget::new().ratio(f64::from(percent) / 100.0).per_second(0),
        };
        Some(Arc::new(budget))
    }

    /// The attempts, as a call with this seed makes them that shares this budget.
    #[must_use]
    pub fn retry(&self, seed: u64, budget: Option<Arc<RatioBudget>>) -> RetryLayer {
        let retry = RetryPolicy::standard().retries(self.attempts - 1).backoff(self.backoff()).seed(seed);
        let retry = match budget {
            None => retry.without_budget(),
            Some(budget) => retry.budget(budget),
        };
        match self.hedge {
            None => RetryLayer::new(retry),
            Some(delay) => RetryLayer::new(retry).hedge(Hedge::after(delay).at_once(self.at_once as usize)),
        }
    }

    /// The waits.
    pub fn backoff(&self) -> Backoff {
        let backoff = match self.growth {
            Growth::None => Backoff::none(),
            Growth::Constant => Backoff::constant(self.first),
            Growth::Linear => Backoff::linear(self.first),
            Growth::Exponential => Backoff::exponential(self.first).factor(self.factor),
            Growth::Urllib3 => Backoff::urllib3(self.first),
        };
        let backoff = backoff.jitter(self.jitter);
        match self.cap {
            Some(cap) => backoff.cap(cap),
            None => backoff,
        }
    }
}
