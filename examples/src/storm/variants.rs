//! The stacks of layers that face the outage.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use tower::{BoxError, ServiceBuilder, util::BoxCloneService};
use tower_backoff::{Backoff, Jitter};
use tower_retry_policy::{AdaptiveThrottleLayer, AttemptTimeoutLayer, RatioBudget, RetryPolicy};

use super::server::Server;

/// A request of a client.
pub type Call = Request<Empty<Bytes>>;

/// What a client calls: any of the stacks.
pub type Stack = BoxCloneService<Call, Response<()>, BoxError>;

/// How long a client waits for an attempt.
pub const TIMEOUT: Duration = Duration::from_secs(1);

/// Four attempts.
pub const RETRIES: u32 = 3;

/// The retries that the budget allows per call. Google's book on site reliability takes a tenth too; what matters is
/// that the server can bear it: 80 calls a second and a tenth of that are within its capacity, Finagle's default of
/// a fifth and 10 a second are not.
pub const RATIO: f64 = 0.1;

/// The retries per second that the budget allows in any case, to all clients together.
pub const FLOOR: u32 = 1;

/// How long the budget and the throttle remember a call.
pub const WINDOW: Duration = Duration::from_secs(10);

/// One way to retry.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Variant {
    /// Its name in the table and the files.
    pub name: &'static str,
    /// Its layers around the server; all clients share what they return.
    pub stack: fn(Server, u64) -> Stack,
}

/// From nothing to everything; each has what the one before it has, and one thing more.
pub const VARIANTS: &[Variant] = &[
    Variant { name: "no-backoff", stack: |server, seed| retried(server, bare(Backoff::none(), seed)) },
    Variant { name: "exponential", stack: |server, seed| retried(server, bare(exponential(), seed)) },
    Variant { name: "full-jitter", stack: |server, seed| retried(server, bare(full_jitter(), seed)) },
    Variant { name: "budget", stack: |server, seed| retried(server, with_budget(seed)) },
    Variant { name: "throttle", stack: throttled },
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
    let budget = RatioBudget::new().ratio(RATIO).per_second(FLOOR).window(WINDOW);
    bare(full_jitter(), seed).budget(Arc::new(budget))
}

fn retried(server: Server, policy: RetryPolicy) -> Stack {
    let service = ServiceBuilder::new()
        .map_response(|response: Response<_>| response.map(drop))
        .retry(policy)
        .layer(AttemptTimeoutLayer::new().head(TIMEOUT))
        .service(server);
    BoxCloneService::new(service)
}

fn throttled(server: Server, seed: u64) -> Stack {
    let throttle = AdaptiveThrottleLayer::new().window(WINDOW).seed(seed);
    BoxCloneService::new(ServiceBuilder::new().layer(throttle).service(retried(server, with_budget(seed))))
}
