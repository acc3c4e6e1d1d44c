//! The history of a call, and how the final outcome carries it.

use super::{
    call::Call,
    judgement::{Others, attempt},
    progress::Begun,
};
use crate::{
    Attempt, AttemptRecord, CallEnd, HedgeStart, History, RequestEnd, RetryError, RetryWait, StopReason,
    budget::RequestHead, classify::Failure, hint,
};
use http::Response;
use std::{error::Error, fmt, mem, sync::Arc};
use tokio::time::Instant;
use tower::BoxError;

/// Stands in for an error that has moved into the history; nobody gets to see it.
#[derive(Debug)]
struct Recorded;

impl Call {
    /// Writes an attempt that has ended into the history. The error moves there: a later attempt replaces the outcome,
    /// and the final error shows them all.
    pub(super) fn record<R>(
        &mut self,
        (number, at): (u32, Instant),
        failure: Option<&Failure>,
        result: &mut Result<Response<R>, BoxError>,
        now: Instant,
        wait: Option<RetryWait>,
    ) {
        let (status, grpc_status, error) = match result {
            Ok(response) => {
                // only gRPC makes a failure of a success
                let grpc = failure.filter(|_| response.status().is_success());
                let code = grpc.and_then(|_| hint::grpc_status(response.headers()));
                (Some(response.status()), code, None)
            }
            Err(error) => (None, None, Some(Arc::from(mem::replace(error, Box::new(Recorded))))),
        };
        let record = AttemptRecord {
            number,
            phase: failure.map(|failure| failure.phase),
            status,
            grpc_status,
            error,
            began: self.elapsed(at),
            took: now.saturating_duration_since(at),
            wait,
            abandoned: false,
            endpoint: self.endpoint(number),
        };
        self.progress_mut().attempts.push(record);
    }

    /// Writes down the attempts that still ran when the call ended.
    fn record_abandoned(&mut self, running: &[(u32, Instant)], now: Instant) {
        for &(number, at) in running {
            let record = AttemptRecord {
                number,
                phase: None,
                status: None,
                grpc_status: None,
                error: None,
                began: self.elapsed(at),
                took: now.saturating_duration_since(at),
                wait: None,
                abandoned: true,
                endpoint: self.endpoint(number),
            };
            self.progress_mut().attempts.push(record);
        }
    }

    /// A response that the policy does not retry: a success, or a refusal that another attempt would not mend.
    pub(super) fn accepted<R>(
        &mut self,
        head: RequestHead<'_>,
        begun: &Begun,
        result: &mut Result<Response<R>, BoxError>,
        now: Instant,
        others: Others<'_>,
    ) {
        let end = match result {
            Ok(response) if self.config().responses.is_success(response.status(), response.headers()) => {
                begun.success()
            }
            _ => RequestEnd::NotRetried,
        };
        self.settle(end, now);
        let mut history = None;
        if self.has_story() {
            self.record((begun.number, begun.at), None, result, now, None);
            self.record_abandoned(others.running, now);
            history = Some(self.history(now, None, Some(begun.number)));
        }
        self.tell_the_end(head, begun.number, result, None, history.as_ref(), now);
        if let (Ok(response), Some(history)) = (result, history) {
            response.extensions_mut().insert(history);
        }
    }

    /// No further attempt: the outcome is made to explain itself.
    #[expect(clippy::too_many_arguments, reason = "the facts of one end, which nothing else needs together")]
    pub(super) fn give_up<R>(
        &mut self,
        asked: RequestHead<'_>,
        attempt: (u32, Instant),
        result: &mut Result<Response<R>, BoxError>,
        failure: &Failure,
        now: Instant,
        others: Others<'_>,
        reason: StopReason,
    ) {
        // an inner retry's account of a call that was tried once here says it all
        let first = self.progress.as_deref().is_none_or(|progress| progress.attempts.made() == 0);
        if (reason == StopReason::InnerExhausted && first) || self.config().never_retries() {
            self.tell_the_end(asked, attempt.0, result, Some((failure, reason)), None, now);
            return;
        }
        self.record(attempt, Some(failure), result, now, None);
        self.record_abandoned(others.running, now);
        let history = self.history(now, Some(reason), Some(attempt.0));
        self.tell_the_end(asked, attempt.0, result, Some((failure, reason)), Some(&history), now);
        match result {
            Ok(response) if !self.config().response_as_error => {
                response.extensions_mut().insert(history);
            }
            Ok(response) => {
                let head = (response.status(), mem::take(response.headers_mut()));
                *result = Err(RetryError::new(history, asked, Some(head)).into());
            }
            Err(_) => *result = Err(RetryError::new(history, asked, None).into()),
        }
    }

    /// Tells the observers of a retry, before the error moves into the history.
    pub(super) fn tell_of_retry<R>(
        &self,
        head: RequestHead<'_>,
        number: u32,
        result: &Result<Response<R>, BoxError>,
        failure: &Failure,
        wait: RetryWait,
    ) {
        if !self.layer.observers.is_empty() {
            let endpoint = self.endpoint(number);
            let attempt =
                Attempt { endpoint: endpoint.as_deref(), ..attempt(head, number, result, failure.phase) };
            self.layer.observers.iter().for_each(|observer| observer.retrying(&attempt, wait));
        }
    }

    /// Tells the observers of the end of the call. The error of the last attempt may have moved into the history.
    fn tell_the_end<R>(
        &self,
        head: RequestHead<'_>,
        number: u32,
        result: &Result<Response<R>, BoxError>,
        failure: Option<(&Failure, StopReason)>,
        history: Option<&History>,
        now: Instant,
    ) {
        if self.layer.observers.is_empty() {
            return;
        }
        let recorded = history.and_then(|history| history.outcome()?.error());
        let endpoint = self.endpoint(number);
        let last = failure.map(|(failure, _)| {
            let attempt = attempt(head, number, result, failure.phase);
            Attempt { error: recorded.or(attempt.error), endpoint: endpoint.as_deref(), ..attempt }
        });
        self.tell(&CallEnd {
            method: head.method(),
            uri: head.uri(),
            endpoint: endpoint.as_deref(),
            attempts: self.attempts_begun(),
            elapsed: self.elapsed(now),
            status: result.as_ref().ok().map(Response::status),
            last: last.as_ref(),
            stop: failure.map(|(_, reason)| reason),
            history,
            abandoned: false,
            budget_balance: self.budget().map(|budget| budget.balance()),
        });
    }

    /// Tells the observers of an attempt that starts beside those that run.
    pub(super) fn tell_of_hedge(&self, head: RequestHead<'_>, number: u32, now: Instant) {
        let hedge = HedgeStart { number, method: head.method(), uri: head.uri(), elapsed: self.elapsed(now) };
        self.layer.observers.iter().for_each(|observer| observer.hedging(&hedge));
    }

    /// Tells the observers that the caller has gone away.
    pub(super) fn abandoned(&mut self, head: RequestHead<'_>, running: &[(u32, Instant)]) {
        let now = Instant::now();
        self.record_abandoned(running, now);
        let history = self.history(now, None, None);
        self.tell(&CallEnd {
            method: head.method(),
            uri: head.uri(),
            endpoint: None,
            attempts: self.attempts_begun(),
            elapsed: self.elapsed(now),
            status: None,
            last: None,
            stop: None,
            history: Some(&history),
            abandoned: true,
            budget_balance: self.budget().map(|budget| budget.balance()),
        });
    }

    fn tell(&self, end: &CallEnd<'_>) {
        self.layer.observers.iter().for_each(|observer| observer.ended(end));
    }

    fn history(&mut self, now: Instant, stop: Option<StopReason>, outcome: Option<u32>) -> History {
        let elapsed = self.elapsed(now);
        History::new(mem::take(&mut self.progress_mut().attempts), elapsed, stop, outcome)
    }
}

impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("error recorded in the history")
    }
}

impl Error for Recorded {}
