//! The stacks of layers that face the outage.

use super::{server::Server, setting::Setting};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use std::time::Duration;
use tower::{BoxError, ServiceBuilder, util::BoxCloneService};
use tower_backoff::{Backoff, Jitter};
use tower_retry_policy::{AdaptiveThrottleLayer, AttemptTimeoutLayer, RatioBudget, RetryLayer, RetryPolicy};

/// A request of a client.
pub type Call = Request<Empty<Bytes>>;

/// What a client calls: any of the stacks.
pub type Stack = BoxCloneService<Call, Response<()>, BoxError>;

/// The retries that the budget allows per call. Where calls and retries together are less than what the server manages with a
/// full queue, it gets rid of the queue whatever its clients do; where they are more, it does so only if clients wait for
/// their answers, or by luck. Finagle's defaults (a fifth, and 10 a second) are still low enough for clients that wait: with
/// them the server recovers after 6.8 s in place of 3.6 s, with 1.33 attempts per call in the outage (means over the seeds 1
/// to 20, as in `talk storm --load 83`).
pub const RATIO: f64 = 0.1;

/// The retries per second that the budget allows in any case, to all clients together.
pub const FLOOR: u32 = 1;

/// How long the budget remembers a call.
pub const BUDGET_WINDOW: Duration = Duration::from_secs(10);

/// How long the throttle remembers a call. It is a choice between what the server is spared and how soon its recovery
/// is seen; means over the seeds 1 to 20, as in `talk storm --load 83`:
///
/// | window | offered in the outage | recovers after |
/// |---|---|---|
/// | 2 s | 9.1/s | 6.8 s |
/// | 4 s | 13.3/s | 14.5 s |
/// | 2 min (Google's, the layer's default) | as without it | as without it |
///
/// A window of two minutes holds so many accepted calls from before that 20 s of outage do not outweigh them.
pub const THROTTLE_WINDOW: Duration = Duration::from_secs(4);

/// The longest wait, unless the first one is longer.
const CAP: Duration = Duration::from_secs(10);

/// One way to retry.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Variant {
    /// Its name in the table and the files.
    pub name: &'static str,
    /// Whether it waits before a retry.
    pub waits: bool,
    /// Whether something bounds the retries of all clients together.
    pub budgeted: bool,
    /// Its layers around the server; all clients share what they return.
    pub stack: fn(&Setting, Server, u64) -> Stack,
}

/// From nothing to everything; each has what the one before it has, and one thing more.
pub const VARIANTS: &[Variant] = &[
    Variant {
        name: "no-backoff",
        waits: false,
        budgeted: false,
        stack: |setting, server, seed| retried(setting, server, bare(setting, Backoff::none(), seed)),
    },
    Variant {
        name: "exponential",
        waits: true,
        budgeted: false,
        stack: |setting, server, seed| retried(setting, server, bare(setting, exponential(setting), seed)),
    },
    Variant {
        name: "full-jitter",
        waits: true,
        budgeted: false,
        stack: |setting, server, seed| retried(setting, server, bare(setting, full_jitter(setting), seed)),
    },
    Variant {
        name: "budget",
        waits: true,
        budgeted: true,
        stack: |setting, server, seed| retried(setting, server, with_budget(setting, seed)),
    },
    Variant { name: "throttle", waits: true, budgeted: true, stack: throttled },
];

/// The standard policy's growth, without its jitter.
fn exponential(setting: &Setting) -> Backoff {
    Backoff::exponential(setting.first_wait).cap(CAP.max(setting.first_wait))
}

fn full_jitter(setting: &Setting) -> Backoff {
    exponential(setting).jitter(Jitter::Full)
}

fn bare(setting: &Setting, backoff: Backoff, seed: u64) -> RetryPolicy {
    RetryPolicy::standard().retries(setting.retries).backoff(backoff).without_budget().seed(seed)
}

fn with_budget(setting: &Setting, seed: u64) -> RetryPolicy {
    let budget = RatioBudget::new().ratio(RATIO).per_second(FLOOR).window(BUDGET_WINDOW);
    bare(setting, full_jitter(setting), seed).budget(budget)
}

fn retried(setting: &Setting, server: Server, policy: RetryPolicy) -> Stack {
    let service = ServiceBuilder::new()
        .map_response(|response: Response<_>| response.map(drop))
        .layer(RetryLayer::new(policy))
        .layer(AttemptTimeoutLayer::new().head(setting.patience))
        .service(server);
    BoxCloneService::new(service)
}

fn throttled(setting: &Setting, server: Server, seed: u64) -> Stack {
    let throttle = AdaptiveThrottleLayer::new().window(THROTTLE_WINDOW).seed(seed);
    let retried = retried(setting, server, with_budget(setting, seed));
    BoxCloneService::new(ServiceBuilder::new().layer(throttle).service(retried))
}
