//! The requests for one body, whoever sent them, in one list.

use crate::{
    AttemptRecord, History, Phase, RetryError, RetryWait, StopReason,
    history::{Records, cause_text},
};
use http::{StatusCode, Uri, response::Parts};
use std::{error::Error, fmt, sync::Arc, time::Duration};
use tokio::time::Instant;

/// What the first response says of its call.
pub(super) struct Beginning {
    began: Instant,
    status: StatusCode,
    history: Option<History>,
}

pub(super) struct Story {
    records: Records,
    began: Instant,
    /// When the request that runs, or ran last, was handed on.
    asked: Instant,
    /// Requests so far.
    sent: u32,
    running: Option<Running>,
}

/// A request whose body is being read, or whose answer is to be judged.
struct Running {
    number: u32,
    began: Duration,
    status: Option<StatusCode>,
    endpoint: Option<Box<Uri>>,
}

/// The body's error belongs to the reader; the story has what it says.
#[derive(Debug)]
struct Told(String);

// ===== impl Beginning =====

impl Beginning {
    pub(super) fn of(response: &Parts, now: Instant) -> Self {
        let history: Option<History> = response.extensions.get().cloned();
        // without a history nobody knows when the request was sent, and the head is the beginning
        let elapsed = history.as_ref().map_or(Duration::ZERO, History::elapsed);
        Self { began: now.checked_sub(elapsed).unwrap_or(now), status: response.status, history }
    }

    pub(super) fn history(&self) -> Option<&History> {
        self.history.as_ref()
    }
}

// ===== impl Story =====

impl Story {
    pub(super) fn new(beginning: &Beginning) -> Self {
        let began = beginning.began;
        let mut story = Self { records: Records::default(), began, asked: began, sent: 0, running: None };
        story.headed(beginning.history(), beginning.status);
        story
    }

    /// The number of the latest request.
    pub(super) fn number(&self) -> u32 {
        self.running.as_ref().map_or(self.sent, |running| running.number)
    }

    /// Where the request was sent whose body is read, as far as its call tells.
    pub(super) fn endpoint(&self) -> Option<&Uri> {
        self.running.as_ref()?.endpoint.as_deref()
    }

    pub(super) fn asks(&mut self, now: Instant) {
        self.whole();
        self.asked = now;
    }

    /// A head has come.
    pub(super) fn headed(&mut self, history: Option<&History>, status: StatusCode) {
        match history {
            Some(history) => self.add(history),
            None => self.run(Some(status)),
        }
    }

    /// No head has come.
    pub(super) fn unanswered(&mut self, error: &(dyn Error + 'static)) {
        match RetryError::find(error) {
            Some(inner) => self.add(inner.history()),
            None => self.run(None),
        }
    }

    fn run(&mut self, status: Option<StatusCode>) {
        self.sent = self.sent.saturating_add(1);
        self.running =
            Some(Running { number: self.sent, began: self.asked - self.began, status, endpoint: None });
    }

    /// The attempts of a call below. The one that brought a head which was accepted goes on: its body is read.
    fn add(&mut self, history: &History) {
        let (before, asked) = (self.sent, self.asked - self.began);
        let goes_on = history.outcome().filter(|_| history.stop_reason().is_none());
        let goes_on = goes_on.map(AttemptRecord::number);
        for record in history.attempts() {
            let number = before.saturating_add(record.number);
            let began = asked + record.began;
            if Some(record.number) == goes_on {
                self.running =
                    Some(Running { number, began, status: record.status, endpoint: record.endpoint.clone() });
            } else {
                self.records.push(AttemptRecord { number, began, ..record.clone() });
            }
        }
        let kept = u32::try_from(history.attempts().len()).unwrap_or(u32::MAX);
        self.records.left_out(history.attempts_made().saturating_sub(kept));
        self.sent = before.saturating_add(history.attempts_made());
    }

    /// What runs has failed. What a call below has given up on is written down already.
    pub(super) fn failed(
        &mut self,
        phase: Phase,
        error: &(dyn Error + 'static),
        now: Instant,
        wait: Option<RetryWait>,
    ) {
        let Some(running) = self.running.take() else { return };
        // a status that failed says it best
        let status = running.status.filter(|_| phase == Phase::Status || phase.is_unprocessed());
        let told = || -> Arc<dyn Error + Send + Sync> { Arc::new(Told(cause_text(error))) };
        let error = if status.is_some() { None } else { Some(told()) };
        self.end(running, now, |record| AttemptRecord { phase: Some(phase), status, error, wait, ..record });
    }

    /// What runs has brought what it was to bring.
    pub(super) fn whole(&mut self) {
        let Some(running) = self.running.take() else { return };
        let status = running.status;
        self.end(running, Instant::now(), |record| AttemptRecord { status, ..record });
    }

    /// The reader has gone away.
    pub(super) fn abandoned(&mut self, now: Instant) {
        let Some(running) = self.running.take() else { return };
        self.end(running, now, |record| AttemptRecord { abandoned: true, ..record });
    }

    fn end(&mut self, running: Running, now: Instant, ended: impl FnOnce(AttemptRecord) -> AttemptRecord) {
        let Running { number, began, endpoint, .. } = running;
        let took = (now - self.began).saturating_sub(began);
        self.records.push(ended(AttemptRecord {
            number,
            phase: None,
            status: None,
            grpc_status: None,
            error: None,
            began,
            took,
            wait: None,
            abandoned: false,
            endpoint,
        }));
    }

    pub(super) fn history(&self, now: Instant, stop: Option<StopReason>) -> History {
        History::new(self.records.clone(), now - self.began, stop, Some(self.sent))
    }
}

// ===== impl Told =====

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Told {}
