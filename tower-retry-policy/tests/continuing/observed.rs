//! Case 53: observers, the handle and the story agree with the requests on the wire.

use crate::{
    reader::{fetch, read, request, stack},
    wire::{
        Server,
        Step::{self, Changed, Cut, Reset, Status, Whole},
    },
};
use http_body_util::BodyExt;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tower::ServiceExt;
use tower_backoff::Backoff;
use tower_content_check::continuation::Continuations;
use tower_retry_policy::{
    Attempt, CallEnd, Continuation, Observer, RetryPolicy, RetryWait, StopReason, StreamEnd,
};

const PROGRESS: u64 = 64 * 1024;

#[derive(Debug, Default)]
struct Heard {
    lines: Mutex<Vec<String>>,
    /// Attempts of all calls that are over.
    attempts: Mutex<u32>,
}

impl Heard {
    fn hear(&self, line: String) {
        self.lines.lock().unwrap().push(line);
    }

    fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

#[derive(Clone, Debug, Default)]
struct Listener(Arc<Heard>);

impl Observer for Listener {
    fn retrying(&self, failed: &Attempt<'_>, wait: RetryWait) {
        self.0.hear(format!("retrying after {}, wait {:?}", failed.phase(), wait.duration()));
    }

    fn ended(&self, call: &CallEnd<'_>) {
        *self.0.attempts.lock().unwrap() += call.attempts();
    }

    fn continuing(&self, continuation: &Continuation<'_>) {
        let failed = continuation.failed();
        self.0.hear(format!(
            "continuation {} after request {} ({}), at {} of {:?}, wait {:?}",
            continuation.number(),
            failed.number(),
            failed.phase(),
            continuation.offset(),
            continuation.length().unwrap(),
            continuation.wait().duration()
        ));
    }

    fn stream_ended(&self, stream: &StreamEnd<'_>) {
        assert_eq!(stream.uri().path(), "/file");
        let how = match (stream.stop_reason(), stream.is_abandoned(), stream.error()) {
            (None, true, None) => "abandoned".to_owned(),
            (None, false, None) => "whole".to_owned(),
            (Some(reason), false, Some(_)) => format!("stopped: {}", reason.name()),
            other => panic!("{other:?}"),
        };
        self.0.hear(format!(
            "{how} after {} continuations and {} requests",
            stream.continuations(),
            stream.history().attempts_made()
        ));
    }
}

fn policy(listener: &Listener) -> RetryPolicy {
    RetryPolicy::standard()
        .retries(3)
        .backoff(Backoff::exponential(Duration::from_millis(100)))
        .without_budget()
        .observer(listener.clone())
}

async fn heard(steps: &[Step]) -> Vec<String> {
    let listener = Listener::default();
    let server = Server::new(200_000, steps.iter().copied());
    let _ = fetch(stack(&policy(&listener), &server), request()).await;
    assert_eq!(*listener.0.attempts.lock().unwrap() as usize, server.count(), "{steps:?}");
    listener.0.lines()
}

#[tokio::test(start_paused = true)]
async fn case_53_a_body_that_is_mended() {
    assert_eq!(
        heard(&[Reset, Cut(PROGRESS), Status(503), Cut(10), Whole]).await,
        [
            "retrying after read, wait 100ms",
            "continuation 1 after request 2 (body), at 65536 of 200000, wait 100ms",
            "retrying after status, wait 200ms",
            "continuation 2 after request 4 (body), at 65546 of 200000, wait 400ms",
            "whole after 2 continuations and 5 requests",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn case_53_a_body_that_never_broke_is_no_news() {
    assert_eq!(heard(&[Whole]).await, [""; 0]);
    assert_eq!(heard(&[Reset, Whole]).await, ["retrying after read, wait 100ms"]);
}

#[tokio::test(start_paused = true)]
async fn case_53_a_body_that_is_given_up() {
    assert_eq!(
        heard(&[Cut(1), Cut(1), Status(503)]).await,
        [
            "continuation 1 after request 1 (body), at 1 of 200000, wait 100ms",
            "continuation 2 after request 2 (body), at 2 of 200000, wait 200ms",
            "retrying after status, wait 400ms",
            "stopped: attempts after 2 continuations and 4 requests",
        ]
    );
    assert_eq!(
        heard(&[Cut(1), Changed]).await,
        [
            "continuation 1 after request 1 (body), at 1 of 200000, wait 100ms",
            "stopped: permanent after 1 continuations and 2 requests",
        ]
    );
    assert_eq!(StopReason::Permanent.name(), "permanent");
}

#[tokio::test(start_paused = true)]
async fn case_53_a_body_that_is_dropped() {
    for wait in [50, 1000] {
        let listener = Listener::default();
        let server = Server::new(200_000, [Cut(1), Cut(1), Step::Silent(5)]);
        let body = stack(&policy(&listener), &server).oneshot(request()).await.unwrap().into_body();
        assert!(tokio::time::timeout(Duration::from_millis(wait), read(body)).await.is_err());
        let lines = listener.0.lines();
        let (continuations, requests) = if wait == 50 { (1, 1) } else { (2, 3) };
        assert_eq!(lines.len(), continuations + 1);
        assert_eq!(
            lines.last().unwrap(),
            &format!("abandoned after {continuations} continuations and {requests} requests")
        );
    }
}

/// As hyper's server does that has written all of a `Content-Length`.
#[tokio::test(start_paused = true)]
async fn case_53_a_body_that_is_dropped_behind_its_last_byte() {
    let listener = Listener::default();
    let server = Server::new(200_000, [Cut(1), Whole]);
    let body = stack(&policy(&listener), &server).oneshot(request()).await.unwrap().into_body();
    let mut body = Box::pin(body);
    let mut left = 200_000;
    while left > 0 {
        left -= body.frame().await.unwrap().unwrap().into_data().unwrap().len();
    }
    drop(body);
    let lines = listener.0.lines();
    assert_eq!(lines.last().unwrap(), "whole after 1 continuations and 2 requests");
}

#[tokio::test(start_paused = true)]
async fn case_53_the_handle_agrees() {
    let server = Server::new(200_000, [Cut(PROGRESS), Status(503), Cut(10), Whole]);
    let response = stack(&policy(&Listener::default()), &server).oneshot(request()).await.unwrap();
    let handle = Continuations::of(&response).unwrap().clone();
    let mut body = Box::pin(response.into_body());
    let mut read = 0;
    while let Some(frame) = body.frame().await {
        read += frame.unwrap().into_data().unwrap().len() as u64;
        assert_eq!(handle.delivered(), read);
    }
    assert_eq!((handle.length(), handle.count()), (Some(200_000), 2));
    // those of the retry below are its own
    assert_eq!(handle.waited(), Duration::from_millis(100 + 400));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_broke_is_not_used_for_the_rest() {
    let server = Server::new(200_000, [Cut(10), Status(503), Whole]);
    let read = fetch(stack(&policy(&Listener::default()), &server), request()).await;
    assert!(read.error.is_none());
    let told: Vec<_> = server.asked().iter().map(|asked| (asked.attempt, asked.broke)).collect();
    assert_eq!(told, [(1, false), (1, true), (2, true)]);
}
