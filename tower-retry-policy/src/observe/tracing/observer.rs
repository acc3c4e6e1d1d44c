use super::{
    TARGET,
    facts::{address, error_type, method, port},
};
use crate::{Attempt, CallEnd, Continuation, HedgeStart, Observer, Phase, RetryWait, StreamEnd};
use std::time::Duration;
use tracing::{debug, info, warn};

/// An [`Observer`] that writes an event of `tracing` per retry and one at the end of each call.
///
/// What stands in them, and at which level, is said in the [module](super).
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingObserver {
    _private: (),
}

impl TracingObserver {
    /// Writes to whatever subscriber is in force where the call runs.
    pub const fn new() -> Self {
        Self { _private: () }
    }
}

impl Observer for TracingObserver {
    fn retrying(&self, failed: &Attempt<'_>, wait: RetryWait) {
        let error = error_type(failed.status(), Some(failed.phase()));
        info!(
            target: TARGET,
            {
            http.request.method = method(failed.method()),
            server.address = address(failed.endpoint().unwrap_or(failed.uri())),
            server.port = port(failed.endpoint().unwrap_or(failed.uri())),
            http.request.resend_count = failed.number(),
            http.response.status_code = failed.status().map(|status| status.as_u16()),
            "error.type" = error.as_deref(),
            retry.wait_ms = millis(wait.duration()),
            retry.asked_by_server = wait.asked_by_server(),
            },
            "retrying",
        );
    }

    fn hedging(&self, started: &HedgeStart<'_>) {
        info!(
            target: TARGET,
            {
            http.request.method = method(started.method()),
            server.address = address(started.uri()),
            server.port = port(started.uri()),
            http.request.resend_count = started.number() - 1,
            retry.elapsed_ms = millis(started.elapsed()),
            },
            "hedging",
        );
    }

    fn ended(&self, call: &CallEnd<'_>) {
        /// One event; the level has to be known when the code is compiled.
        macro_rules! end {
            ($level:ident, $text:literal) => {
                $level!(
                    target: TARGET,
                    {
                    http.request.method = method(call.method()),
                    server.address = address(call.endpoint().unwrap_or(call.uri())),
                    server.port = port(call.endpoint().unwrap_or(call.uri())),
                    http.request.resend_count = retries(call),
                    http.response.status_code = call.status().map(|status| status.as_u16()),
                    "error.type" = failure(call).as_deref(),
                    retry.stop_reason = call.stop_reason().map(|reason| reason.name()),
                    retry.elapsed_ms = millis(call.elapsed()),
                    },
                    $text,
                )
            };
        }
        if call.is_abandoned() {
            end!(info, "abandoned");
        } else if call.stop_reason().is_some() {
            end!(warn, "gave up");
        } else if retries(call).is_some() {
            end!(info, "succeeded after a retry");
        } else {
            end!(debug, "succeeded");
        }
    }

    fn continuing(&self, continuation: &Continuation<'_>) {
        let failed = continuation.failed();
        let error = error_type(failed.status(), Some(failed.phase()));
        info!(
            target: TARGET,
            {
            http.request.method = method(failed.method()),
            server.address = address(failed.uri()),
            server.port = port(failed.uri()),
            http.request.resend_count = failed.number(),
            http.response.status_code = failed.status().map(|status| status.as_u16()),
            "error.type" = error.as_deref(),
            retry.wait_ms = millis(continuation.wait().duration()),
            retry.asked_by_server = continuation.wait().asked_by_server(),
            retry.continuation = continuation.number(),
            retry.offset = continuation.offset(),
            retry.length = continuation.length(),
            },
            "continuing a body",
        );
    }

    fn stream_ended(&self, stream: &StreamEnd<'_>) {
        /// As for a call.
        macro_rules! end {
            ($level:ident, $text:literal) => {
                $level!(
                    target: TARGET,
                    {
                    http.request.method = method(stream.method()),
                    server.address = address(stream.uri()),
                    server.port = port(stream.uri()),
                    http.request.resend_count = stream.history().attempts_made().saturating_sub(1),
                    "error.type" = stream.error().map(|error| Phase::of(error).name()),
                    retry.stop_reason = stream.stop_reason().map(|reason| reason.name()),
                    retry.elapsed_ms = millis(stream.elapsed()),
                    retry.continuation = stream.continuations(),
                    retry.offset = stream.broke_at(),
                    retry.length = stream.length(),
                    },
                    $text,
                )
            };
        }
        if stream.is_abandoned() {
            end!(info, "abandoned a body");
        } else if stream.stop_reason().is_some() {
            end!(warn, "gave up on a body");
        } else {
            end!(info, "a body is whole after continuations");
        }
    }
}

/// The conventions leave the count out where nothing was sent again.
fn retries(call: &CallEnd<'_>) -> Option<u32> {
    call.attempts().checked_sub(1).filter(|retries| *retries > 0)
}

fn failure(call: &CallEnd<'_>) -> Option<String> {
    error_type(call.status(), call.failed().map(Attempt::phase))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
