//! Plays a script through the layer.

use crate::{
    ledger::{Account, Ear, Heard, Record, Tokens, records},
    script::{Overlap, Script},
    server::{Event, Log, Server, What},
};
use http::{HeaderName, Request, Response, StatusCode};
use std::{
    cell::Cell,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout_at};
use tower::{BoxError, Layer, Service, ServiceExt};
use tower_backoff::Backoff;
use tower_retry_policy::{
    Deadline, History, Phase, RetryAfter, RetryError, RetryLayer, RetryPolicy, StopReason, retry::Hedge,
};

/// What came of it.
#[derive(Debug)]
pub(crate) struct Trace {
    pub events: Vec<Event>,
    /// the attempt whose outcome was returned; none when the caller left
    pub winner: Option<u32>,
    pub status: Option<StatusCode>,
    pub stop: Option<StopReason>,
    pub records: Vec<Record>,
    pub account: Account,
    pub heard: Heard,
    /// how often the call was polled
    pub polls: usize,
}

pub(crate) fn policy(script: &Script) -> RetryPolicy {
    let policy = RetryPolicy::standard()
        .retries(script.retries)
        .statuses([StatusCode::INTERNAL_SERVER_ERROR, StatusCode::SERVICE_UNAVAILABLE])
        .backoff(Backoff::constant(Duration::from_millis(script.wait)))
        .retry_after(RetryAfter::Refuse(Duration::from_secs(2)))
        .attempt_header(HeaderName::from_static("x-try"))
        .grpc([14]);
    let policy = match script.connects {
        Some(retries) => policy.retries_after(Phase::Connect, retries),
        None => policy,
    };
    match script.no_retries_after {
        Some(phase) => policy.retries_after(phase, 0),
        None => policy,
    }
}

pub(crate) fn layer(policy: RetryPolicy, hedge: Option<Overlap>) -> RetryLayer {
    let layer = RetryLayer::new(policy);
    let Some(overlap) = hedge else { return layer };
    let delay = if overlap.delay == u64::MAX { Duration::MAX } else { Duration::from_millis(overlap.delay) };
    let hedge = Hedge::after(delay).at_once(overlap.at_once);
    layer.hedge(match overlap.hedges {
        Some(hedges) => hedge.hedges(hedges),
        None => hedge,
    })
}

pub(crate) async fn play(script: &Script) -> Trace {
    play_over(script, |server| server).await
}

/// Plays a script through the layer over what is made of the server.
pub(crate) async fn play_over<S>(script: &Script, stack: impl FnOnce(Server) -> S) -> Trace
where
    S: Service<Request<String>, Response = Response<String>> + Clone,
    S::Error: Into<BoxError>,
{
    // the first millisecond of a paused clock is not a whole one
    sleep(Duration::from_millis(1)).await;
    let (tokens, ear, log) = (Tokens::new(script.tokens), Ear::default(), Log::new());
    let policy = policy(script).budget(tokens.clone()).observer(ear.clone());
    let mut service = layer(policy, script.hedge).layer(stack(Server::new(&script.attempts, log.clone())));
    let mut request = script.request();
    if let Some(deadline) = script.deadline {
        request.extensions_mut().insert(Deadline::after(Duration::from_millis(deadline)));
    }
    // a call that hangs ends with its caller
    let patience = Instant::now() + Duration::from_millis(script.patience.unwrap_or(20_000));
    let call = service
        .ready()
        .await
        .unwrap_or_else(|_| panic!("an error of readiness is kept for the call"))
        .call(request);
    let polls = Cell::new(0);
    let call = LeavesAt { call: Some(Box::pin(call)), last: script.polls, polls: &polls };
    let outcome = timeout_at(patience, call).await.ok().flatten();
    log.write(0, What::Returned);
    drop(service);
    sleep(Duration::from_secs(10)).await;
    let status = outcome.as_ref().and_then(|outcome| outcome.as_ref().ok()).map(Response::status);
    let (winner, stop, records) = match outcome {
        None => (None, None, Vec::new()),
        Some(Ok(response)) => of_response(&response),
        Some(Err(error)) => of_error(&error),
    };
    let (events, account, heard) = (log.events(), tokens.account(), ear.heard());
    Trace { events, winner, status, stop, records, account, heard, polls: polls.get() }
}

/// Drops the call instead of polling it so many times.
struct LeavesAt<'a, F> {
    call: Option<Pin<Box<F>>>,
    last: Option<usize>,
    polls: &'a Cell<usize>,
}

impl<F: Future> Future for LeavesAt<'_, F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.last == Some(self.polls.get()) {
            self.call = None;
            return Poll::Ready(None);
        }
        self.polls.set(self.polls.get() + 1);
        let call = self.call.as_mut().expect("polled after its end");
        call.as_mut().poll(context).map(Some)
    }
}

/// The attempt whose outcome this is.
pub(crate) fn winner(outcome: &Result<Response<String>, BoxError>) -> Option<u32> {
    match outcome {
        Ok(response) => of_response(response).0,
        Err(error) => of_error(error).0,
    }
}

fn of_response(response: &Response<String>) -> (Option<u32>, Option<StopReason>, Vec<Record>) {
    let attempt = response.headers()["x-attempt"].to_str().unwrap().parse().unwrap();
    let history = History::of(response);
    (Some(attempt), history.and_then(History::stop_reason), history.map(records).unwrap_or_default())
}

fn of_error(error: &BoxError) -> (Option<u32>, Option<StopReason>, Vec<Record>) {
    let retry = RetryError::find(&**error);
    let mut cause = Some(&**error as &(dyn std::error::Error + 'static));
    let mut attempt = None;
    while let Some(error) = cause {
        attempt = error.to_string().strip_prefix("attempt ").map(|number| number.parse().unwrap());
        cause = error.source();
    }
    let records = retry.map(|retry| records(retry.history())).unwrap_or_default();
    // an error of a layer between is nobody's
    (Some(attempt.unwrap_or(0)), retry.and_then(RetryError::stop_reason), records)
}
