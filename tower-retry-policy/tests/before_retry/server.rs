//! A service that writes down all that happens around the hook, and cannot be called unready.

use crate::support::Body;
use http::{HeaderMap, Request, Response};
use std::{
    future::{Ready, ready},
    mem,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::Instant;
use tower::{BoxError, Service};
use tower_backoff::Backoff;
use tower_retry_policy::{AttemptNumber, RetryPolicy};

#[derive(Clone)]
pub(crate) struct Log {
    began: Instant,
    lines: Arc<Mutex<Vec<String>>>,
}

pub(crate) struct Server {
    pub(crate) log: Log,
    statuses: &'static [u16],
    pub(crate) asked: Arc<Mutex<Vec<(String, HeaderMap)>>>,
    ready: bool,
}

impl Log {
    pub(crate) fn note(&self, line: &str) {
        self.lines.lock().unwrap().push(format!("{line} {}", self.began.elapsed().as_millis()));
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

impl Server {
    /// Answers the attempts with these statuses, and those that follow with the last one.
    pub(crate) fn new(statuses: &'static [u16]) -> Self {
        let log = Log { began: Instant::now(), lines: Arc::default() };
        Self { log, statuses, asked: Arc::default(), ready: false }
    }

    /// What the field was in each attempt.
    pub(crate) fn field(&self, name: &str) -> Vec<String> {
        let text =
            |fields: &HeaderMap| fields.get(name).map_or("-", |value| value.to_str().unwrap()).to_owned();
        self.asked.lock().unwrap().iter().map(|(_, fields)| text(fields)).collect()
    }

    pub(crate) fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    pub(crate) fn targets(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|(target, _)| target.clone()).collect()
    }
}

impl Clone for Server {
    fn clone(&self) -> Self {
        let Self { log, statuses, asked, .. } = self;
        Self { log: log.clone(), statuses, asked: Arc::clone(asked), ready: false }
    }
}

impl Service<Request<Body>> for Server {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Ready<Result<Response<Body>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.log.note("ready");
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        assert!(mem::take(&mut self.ready), "called without being ready");
        let number = AttemptNumber::of(&request);
        self.log.note(&format!("call {number}"));
        self.asked.lock().unwrap().push((request.uri().to_string(), request.headers().clone()));
        let status = self.statuses[(number as usize - 1).min(self.statuses.len() - 1)];
        ready(Response::builder().status(status).body(Body::default()).map_err(Into::into))
    }
}

pub(crate) fn policy() -> RetryPolicy {
    RetryPolicy::standard().retries(3).backoff(Backoff::constant(Duration::from_millis(100))).without_budget()
}
