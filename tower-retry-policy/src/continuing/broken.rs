use super::story::{Beginning, Story};
use crate::{
    Attempt, Continuation, History, Phase, RetryError, RetryPolicy, RetryWait, StopReason, StreamEnd,
    budget::RequestHead,
    classify::{self, Failure},
    retry::{OfStream, Stream},
};
use http::{HeaderMap, Method, Request, StatusCode, Uri, response::Parts};
use std::{error::Error, time::Duration};
use tokio::time::Instant;
use tower::BoxError;
use tower_content_check::continuation::{Break, BreakKind, ContinueError};

/// A body that has broken off at least once.
pub(super) struct Broken {
    stream: Stream,
    story: Story,
    method: Method,
    uri: Uri,
    /// The head that is no part of the body, if the latest request brought one.
    refusal: Option<Refusal>,
    /// Why a call below has given up on the latest request.
    gave_up: Option<StopReason>,
    continuations: u32,
    waited: Duration,
    broke_at: u64,
    length: Option<u64>,
    /// Why the rest is not asked for again.
    stop: Option<StopReason>,
}

struct Refusal {
    status: StatusCode,
    headers: HeaderMap,
    history: Option<History>,
}

// ===== impl Broken =====

impl Broken {
    pub(super) fn new(
        policy: &RetryPolicy,
        request: &Request<()>,
        beginning: &Beginning,
        now: Instant,
    ) -> Self {
        let mut stream = Stream::open(policy, RequestHead::new(request), now);
        if let Some(history) = beginning.history() {
            stream.used_up(history);
        }
        Self {
            stream,
            story: Story::new(beginning),
            method: request.method().clone(),
            uri: request.uri().clone(),
            refusal: None,
            gave_up: None,
            continuations: 0,
            waited: Duration::ZERO,
            broke_at: 0,
            length: None,
            stop: None,
        }
    }

    /// The wait before the rest is asked for, or why it is not.
    pub(super) fn broke(&mut self, broke: &Break<'_>, now: Instant) -> Result<Duration, BoxError> {
        if broke.has_progressed() {
            self.stream.progressed(now);
        }
        (self.broke_at, self.length) = (broke.delivered(), broke.length());
        let failure = self.failure(broke);
        let phase = failure.map_or(Phase::Status, |failure| failure.phase);
        let request = broke.request();
        let attempt = Attempt {
            number: self.story.number(),
            phase,
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            response: self.refusal.as_ref().map(|refusal| (refusal.status, &refusal.headers)),
            endpoint: self.story.endpoint(),
            error: self.refusal.is_none().then_some(broke.error() as _),
        };
        let judged = match &failure {
            Some(failure) => self.stream.judge(&attempt, failure, now),
            None => Err(StopReason::NotRetryable),
        };
        match judged {
            Ok(wait) => {
                self.continuations = self.continuations.saturating_add(1);
                self.waited = self.waited.saturating_add(wait.duration);
                self.tell_of_continuation(&attempt, wait);
                self.story.failed(phase, broke.error(), now, Some(wait));
                Ok(wait.duration)
            }
            Err(reason) => {
                // the call below has the same count, and knows which limit it was
                let reason = self.gave_up.filter(|_| reason == StopReason::InnerExhausted).unwrap_or(reason);
                self.stop = Some(reason);
                self.story.failed(phase, broke.error(), now, None);
                let history = self.story.history(now, Some(reason));
                Err(RetryError::new(history, RequestHead::new(request), None).into())
            }
        }
    }

    /// What failed; nothing if it is a status that the policy does not retry.
    fn failure(&self, broke: &Break<'_>) -> Option<Failure> {
        match (broke.kind(), &self.refusal) {
            (BreakKind::Body, _) => {
                // the head has come, so this is the body, whatever the client calls its error
                let Failure { kind, permanent, exhausted_inner, .. } = classify::failure(broke.error());
                Some(Failure { kind, permanent, exhausted_inner, ..Failure::new(Phase::Body) })
            }
            (BreakKind::Request, _) => Some(classify::failure(broke.error())),
            (BreakKind::Status, Some(refusal)) => {
                let failure = self.stream.config().responses.failure(refusal.status, &refusal.headers)?;
                Some(refusal.history.as_ref().map_or(failure, |inner| failure.after(inner)))
            }
            _ => Some(Failure::new(Phase::Content)),
        }
    }

    fn tell_of_continuation(&self, failed: &Attempt<'_>, wait: RetryWait) {
        let (number, offset, length) = (self.continuations, self.broke_at, self.length);
        let continuation = Continuation { number, offset, length, wait, failed };
        self.stream.observers().iter().for_each(|observer| observer.continuing(&continuation));
    }

    pub(super) fn waited(&self) -> Duration {
        self.waited
    }

    pub(super) fn connection_broke(&self) -> bool {
        self.stream.connection_broke()
    }

    /// The request for the rest is sent.
    pub(super) fn asks(&mut self, now: Instant) -> OfStream {
        self.refusal = None;
        self.gave_up = None;
        self.story.asks(now);
        self.stream.sent()
    }

    /// The request for the rest has brought a head.
    pub(super) fn answered(&mut self, head: &Parts) {
        let history: Option<&History> = head.extensions.get();
        self.story.headed(history, head.status);
        if let Some(history) = history {
            self.stream.used_up(history);
            self.gave_up = history.stop_reason();
        }
        if !head.status.is_success() {
            let (headers, history) = (head.headers.clone(), history.cloned());
            self.refusal = Some(Refusal { status: head.status, headers, history });
        }
    }

    /// The request for the rest has brought none.
    pub(super) fn unanswered(&mut self, error: &(dyn Error + 'static)) {
        self.story.unanswered(error);
        if let Some(inner) = RetryError::find(error) {
            self.stream.used_up(inner.history());
            self.gave_up = inner.stop_reason();
        }
    }

    /// The body is whole, or failed with this.
    pub(super) fn ended(mut self, error: Option<&(dyn Error + 'static)>, now: Instant) {
        match error {
            None => {
                self.story.whole();
                self.stream.recovered(now);
            }
            Some(error) => {
                self.story.failed(classify::failure(error).phase, error, now, None);
                self.stop.get_or_insert(if is_final(error) {
                    StopReason::Permanent
                } else {
                    StopReason::NotRetryable
                });
            }
        }
        self.tell_the_end(error, false, now);
    }

    pub(super) fn abandoned(mut self, now: Instant) {
        self.story.abandoned(now);
        self.stop = None;
        self.tell_the_end(None, true, now);
    }

    fn tell_the_end(&self, error: Option<&(dyn Error + 'static)>, abandoned: bool, now: Instant) {
        if self.stream.observers().is_empty() {
            return;
        }
        let history = self.story.history(now, self.stop);
        let end = StreamEnd {
            method: &self.method,
            uri: &self.uri,
            continuations: self.continuations,
            broke_at: self.broke_at,
            length: self.length,
            error,
            stop: self.stop,
            history: &history,
            abandoned,
            budget_balance: self.stream.budget_balance(),
        };
        self.stream.observers().iter().for_each(|observer| observer.stream_ended(&end));
    }
}

/// Whether it was an answer, or its content, that ended the body: another would say the same.
fn is_final(error: &(dyn Error + 'static)) -> bool {
    let error: Option<&ContinueError> = error.downcast_ref();
    error.is_some_and(|error| error.is_changed() || error.is_rejected() || error.status().is_some())
}
