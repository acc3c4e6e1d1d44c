//! The history of a call, and how the final outcome carries it.

use super::{RetryPolicy, call::Failed};
use crate::{
    Attempt, AttemptRecord, CallEnd, History, RequestEnd, RetryError, RetryWait, StopReason,
    budget::RequestHead, classify::Failure, wish,
};
use http::{Request, Response};
use std::{error::Error, fmt, mem, sync::Arc};
use tokio::time::Instant;
use tower::BoxError;

/// Stands in for an error that has moved into the history; nobody gets to see it.
#[derive(Debug)]
struct Recorded;

impl RetryPolicy {
    /// Writes the attempt that has just ended into the history. The error moves there: a later attempt
    /// replaces the outcome, and the final error shows them all.
    pub(super) fn record<R>(
        &mut self,
        failure: Option<&Failure>,
        result: &mut Result<Response<R>, BoxError>,
        now: Instant,
        wait: Option<RetryWait>,
    ) {
        let started = self.call.started.unwrap_or(now);
        let failed = self.call.failed_mut();
        let (status, grpc_status, error) = match result {
            Ok(response) => {
                // only gRPC makes a failure of a success
                let grpc = failure.filter(|_| response.status().is_success());
                let code = grpc.and_then(|_| wish::grpc_status(response.headers()));
                (Some(response.status()), code, None)
            }
            Err(error) => (None, None, Some(Arc::from(mem::replace(error, Box::new(Recorded))))),
        };
        failed.attempts.push(AttemptRecord {
            number: 0, // given where it is kept
            phase: failure.map(|failure| failure.phase),
            status,
            grpc_status,
            error,
            began: failed.attempt_began.duration_since(started),
            took: now.duration_since(failed.attempt_began),
            wait,
        });
    }

    /// A response that the policy does not retry: a success, or a refusal that another attempt would not mend.
    pub(super) fn accepted<B, R>(
        &mut self,
        request: &Request<B>,
        result: &mut Result<Response<R>, BoxError>,
    ) {
        self.settle(match result {
            Ok(response) if self.is_success(response.status(), response.headers()) => {
                self.call.failed.as_deref().map_or(RequestEnd::FirstTry, Failed::success)
            }
            _ => RequestEnd::NotRetried,
        });
        let mut history = None;
        if self.call.failed.is_some() {
            let now = Instant::now();
            self.record(None, result, now, None);
            history = Some(self.history(now, None));
        }
        self.tell_the_end(request, result, None, history.as_ref());
        if let (Ok(response), Some(history)) = (result, history) {
            response.extensions_mut().insert(history);
        }
    }

    /// No further attempt: the outcome is made to explain itself.
    pub(super) fn give_up<B, R>(
        &mut self,
        request: &Request<B>,
        result: &mut Result<Response<R>, BoxError>,
        failure: &Failure,
        now: Instant,
        reason: StopReason,
    ) {
        // an inner retry's account of a call that was tried once here says it all
        let first = self.call.failed.as_deref().is_none_or(|failed| failed.attempts.made() == 0);
        if (reason == StopReason::InnerExhausted && first) || self.effective().never_retries() {
            self.tell_the_end(request, result, Some((failure, reason)), None);
            return;
        }
        self.record(Some(failure), result, now, None);
        let history = self.history(now, Some(reason));
        self.tell_the_end(request, result, Some((failure, reason)), Some(&history));
        match result {
            Ok(response) if !self.effective().response_as_error => {
                response.extensions_mut().insert(history);
            }
            Ok(response) => {
                let head = (response.status(), mem::take(response.headers_mut()));
                *result = Err(RetryError::new(history, RequestHead::new(request), Some(head)).into());
            }
            Err(_) => *result = Err(RetryError::new(history, RequestHead::new(request), None).into()),
        }
    }

    /// Tells the observers of a retry, before the error moves into the history.
    pub(super) fn tell_of_retry<B, R>(
        &self,
        request: &Request<B>,
        result: &Result<Response<R>, BoxError>,
        failure: &Failure,
        wait: RetryWait,
    ) {
        if !self.config.observers.is_empty() {
            let attempt = self.attempt(request, result, failure.phase);
            self.config.observers.iter().for_each(|observer| observer.retrying(&attempt, wait));
        }
    }

    /// Tells the observers of the end of the call. The error of the last attempt may have moved into the history.
    fn tell_the_end<B, R>(
        &self,
        request: &Request<B>,
        result: &Result<Response<R>, BoxError>,
        failure: Option<(&Failure, StopReason)>,
        history: Option<&History>,
    ) {
        if self.config.observers.is_empty() {
            return;
        }
        let recorded = history.and_then(|history| history.attempts().last()?.error());
        let last = failure.map(|(failure, _)| {
            let attempt = self.attempt(request, result, failure.phase);
            Attempt { error: recorded.or(attempt.error), ..attempt }
        });
        let end = CallEnd {
            method: request.method(),
            uri: request.uri(),
            attempts: self.call.failed.as_deref().map_or(1, Failed::attempt_number),
            elapsed: history.map_or_else(|| self.call.elapsed(Instant::now()), History::elapsed),
            status: result.as_ref().ok().map(Response::status),
            last: last.as_ref(),
            stop: failure.map(|(_, reason)| reason),
            history,
            budget_balance: self.call_budget().map(|budget| budget.balance()),
        };
        self.config.observers.iter().for_each(|observer| observer.ended(&end));
    }

    fn history(&mut self, now: Instant, stop: Option<StopReason>) -> History {
        let elapsed = self.call.elapsed(now);
        History::new(mem::take(&mut self.call.failed_mut().attempts), elapsed, stop)
    }
}

impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("error recorded in the history")
    }
}

impl Error for Recorded {}
