//! The stacks of layers that face the outage.

use super::server::Server;
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

/// How long a client waits for an attempt.
pub const TIMEOUT: Duration = Duration::from_secs(1);

/// Four attempts.
pub const RETRIES: u32 = 3;

/// The retries that the budget allows per call. What matters is that calls and retries together are less than what the
/// server manages with a full queue: otherwise it does not get rid of the queue. Finagle's defaults (a fifth, and 10 a
/// second) are still low enough here: with them the server recovers after 6.8 s in place of 3.5 s, with 1.33 attempts per
/// call in the outage (means over the seeds 1 to 20, as in `talk storm`).
pub const RATIO: f64 = 0.1;

/// The retries per second that the budget allows in any case, to all clients together.
pub const FLOOR: u32 = 1;

/// How long the budget remembers a call.
pub const BUDGET_WINDOW: Duration = Duration::from_secs(10);

/// How long the throttle remembers a call. It is a choice between what the server is spared and how soon its recovery
/// is seen; means over the seeds 1 to 20, as in `talk storm`:
///
/// | window | offered in the outage | recovers after |
/// |---|---|---|
/// | 2 s | 9.1/s | 6.8 s |
/// | 4 s | 13.3/s | 14.6 s |
/// | 2 min (Google's, the layer's default) | as without it | as without it |
///
/// A window of two minutes holds so many accepted calls from before that 20 s of outage do not outweigh them.
pub const THROTTLE_WINDOW: Duration = Duration::from_secs(4);

/// One way to retry.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Variant {
    /// Its name in the table and the files.
    pub name: &'static str,
    /// Whether something bounds the retries of all clients together.
    pub budgeted: bool,
    /// Its layers around the server; all clients share what they return.
    pub stack: fn(Server, u64) -> Stack,
}

/// From nothing to everything; each has what the one before it has, and one thing more.
pub const VARIANTS: &[Variant] = &[
    Variant {
        name: "no-backoff",
        budgeted: false,
        stack: |server, seed| retried(server, bare(Backoff::none(), seed)),
    },
    Variant {
        name: "exponential",
        budgeted: false,
        stack: |server, seed| retried(server, bare(exponential(), seed)),
    },
    Variant {
        name: "full-jitter",
        budgeted: false,
        stack: |server, seed| retried(server, bare(full_jitter(), seed)),
    },
    Variant { name: "budget", budgeted: true, stack: |server, seed| retried(server, with_budget(seed)) },
    Variant { name: "throttle", budgeted: true, stack: throttled },
];

/// The standard policy's, without its jitter.
fn exponential() -> Backoff {
    Backoff::exponential(Duration::from_millis(100)).cap(Duration::from_secs(10))
}

fn full_jitter() -> Backoff {
    exponential().jitter(Jitter::Full)
}

fn bare(backoff: Backoff, seed: u64) -> RetryPolicy {
    RetryPolicy::standard().retries(RETRIES).backoff(backoff).without_budget().seed(seed)
}

fn with_budget(seed: u64) -> RetryPolicy {
    let budget = RatioBudget::new().ratio(RATIO).per_second(FLOOR).window(BUDGET_WINDOW);
    bare(full_jitter(), seed).budget(budget)
}

fn retried(server: Server, policy: RetryPolicy) -> Stack {
    let service = ServiceBuilder::new()
        .map_response(|response: Response<_>| response.map(drop))
        .layer(RetryLayer::new(policy))
        .layer(AttemptTimeoutLayer::new().head(TIMEOUT))
        .service(server);
    BoxCloneService::new(service)
}

fn throttled(server: Server, seed: u64) -> Stack {
    let throttle = AdaptiveThrottleLayer::new().window(THROTTLE_WINDOW).seed(seed);
    BoxCloneService::new(ServiceBuilder::new().layer(throttle).service(retried(server, with_budget(seed))))
}
