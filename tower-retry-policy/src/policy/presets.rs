use super::{
    RetryPolicy,
    config::{Budgeting, Config},
    repeatable::{Methods, Repeatable},
};
use crate::{
    Phase, RatioBudget, RetryAfter,
    classify::{Responses, Statuses},
    hint::{GrpcCodes, Hints, wall_clock},
};
use http::StatusCode;
use std::time::Duration;
use tower_backoff::{Backoff, Draws, Jitter};

/// Longer waits than this are refused; see [`RetryAfter::Refuse`].
const RETRY_AFTER_LIMIT: Duration = Duration::from_secs(60);

impl RetryPolicy {
    /// For calls that somebody waits for, to a server that others use too.
    ///
    /// | setting | value | reason |
    /// |---|---|---|
    /// | attempts | 3 | Google SRE's per-request budget and AWS's standard mode |
    /// | statuses | 408, 429, 500, 502, 503, 504 | what AWS, got and undici agree on |
    /// | backoff | exponential from 100 ms, at most 10 s, full jitter | full jitter makes the fewest calls (AWS, "Exponential Backoff And Jitter") |
    /// | budget | 20 % of the requests and 10 a second, over 10 s | Finagle's default |
    /// | Retry-After | up to 60 s, a longer one is refused | somebody waits |
    ///
    /// Each call makes a budget of its own. Clones, and policies made from them by further settings, share it.
    pub fn standard() -> Self {
        let statuses = [
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::TOO_MANY_REQUESTS,
            StatusCode::INTERNAL_SERVER_ERROR,
            StatusCode::BAD_GATEWAY,
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::GATEWAY_TIMEOUT,
        ];
        Self::urllib3(2)
            .statuses(statuses)
            .backoff(
                Backoff::exponential(Duration::from_millis(100))
                    .cap(Duration::from_secs(10))
                    .jitter(Jitter::Full),
            )
            .retry_after(RetryAfter::Refuse(RETRY_AFTER_LIMIT))
            .budget(RatioBudget::default())
    }

    /// The behaviour of urllib3's `Retry(total)`: no statuses but 413, 429 and 503 with a `Retry-After`
    /// (waits of up to six hours), no backoff, no budget.
    ///
    /// It differs where urllib3 repeats what cannot help or may do harm: errors of [`Phase::Other`] (TLS) are
    /// not retried, and a `Retry-After` that cannot be read is ignored rather than fatal.
    pub fn urllib3(total: u32) -> Self {
        let mut by_phase = [None; Phase::ALL.len()];
        by_phase[Phase::Other.index()] = Some(0);
        Self::from_config(Config {
            total: Some(total),
            by_phase,
            repeatable: Repeatable { methods: Methods::Idempotent, by_key: true },
            responses: Responses {
                statuses: Statuses::NONE,
                grpc: GrpcCodes::default(),
                hints: Hints::default(),
                retry_after: RetryAfter::Cap(Duration::from_secs(6 * 60 * 60)),
                unauthorized: false,
                clock: wall_clock(),
            },
            backoff: Backoff::none(),
            budget: Budgeting::Nothing,
            observers: Vec::new(),
            attempt_header: None,
            condition: None,
            response_as_error: false,
            retries_exhausted_inner: false,
            retries_same_content: false,
            random: Draws::from_entropy(),
        })
    }

    /// No retries: every outcome is passed on as it is. Meant for a request's extensions.
    pub fn never() -> Self {
        Self::urllib3(0)
    }
}

impl Default for RetryPolicy {
    /// The [`standard`](RetryPolicy::standard) policy.
    fn default() -> Self {
        Self::standard()
    }
}
