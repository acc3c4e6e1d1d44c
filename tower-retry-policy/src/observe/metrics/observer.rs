use super::names;
use crate::{Attempt, AttemptRecord, CallEnd, Continuation, HedgeStart, Observer, RetryWait, StreamEnd};
use metrics::{Label, counter, gauge, histogram};
use std::borrow::Cow;

/// An [`Observer`] that counts in the recorder of the crate `metrics`.
///
/// What it counts, in which units, is said in the [module](super).
#[derive(Clone, Debug, Default)]
pub struct MetricsObserver {
    labels: Vec<Label>,
}

impl MetricsObserver {
    /// Without labels beside those of each metric.
    pub const fn new() -> Self {
        Self { labels: Vec::new() }
    }

    /// Adds a label to every metric of this observer, so that the policies of one program are told apart.
    #[must_use]
    pub fn label(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.labels.push(Label::new(name, value.into()));
        self
    }

    /// Tells the recorder the units and the meanings of the metrics. To be called once, after the recorder is
    /// installed; recorders that show no descriptions need none.
    pub fn describe() {
        names::describe();
    }

    fn labels(&self) -> Vec<Label> {
        self.labels.clone()
    }

    fn labels_and(&self, name: &'static str, value: &'static str) -> Vec<Label> {
        let mut labels = self.labels();
        labels.push(Label::from_static_parts(name, value));
        labels
    }

    fn waits(&self, wait: RetryWait) {
        let asked_by = if wait.asked_by_server() { "server" } else { "backoff" };
        histogram!(names::WAIT, self.labels_and("asked_by", asked_by)).record(wait.duration());
    }

    fn balance(&self, balance: Option<u64>) {
        if let Some(balance) = balance {
            gauge!(names::BALANCE, self.labels()).set(balance as f64);
        }
    }
}

impl Observer for MetricsObserver {
    fn retrying(&self, failed: &Attempt<'_>, wait: RetryWait) {
        counter!(names::RETRIES, self.labels_and("phase", failed.phase().name())).increment(1);
        self.waits(wait);
    }

    fn hedging(&self, _: &HedgeStart<'_>) {
        counter!(names::HEDGES, self.labels()).increment(1);
    }

    fn ended(&self, call: &CallEnd<'_>) {
        counter!(names::ATTEMPTS, self.labels()).increment(call.attempts().into());
        if call.is_abandoned() {
            counter!(names::ABANDONED, self.labels()).increment(1);
            return;
        }
        if hedge_won(call) {
            counter!(names::HEDGES_WON, self.labels()).increment(1);
        }
        histogram!(names::DURATION, self.labels()).record(call.elapsed());
        if let Some(reason) = call.stop_reason() {
            counter!(names::STOPS, self.labels_and("reason", reason.name())).increment(1);
        } else if call.attempts() > 1 {
            counter!(names::SUCCESSES, self.labels()).increment(1);
        }
        self.balance(call.budget_balance());
    }

    fn continuing(&self, continuation: &Continuation<'_>) {
        let phase = continuation.failed().phase().name();
        counter!(names::CONTINUATIONS, self.labels_and("phase", phase)).increment(1);
        histogram!(names::CONTINUATION_OFFSET, self.labels()).record(continuation.offset() as f64);
        self.waits(continuation.wait());
    }

    fn stream_ended(&self, stream: &StreamEnd<'_>) {
        if stream.is_abandoned() {
            counter!(names::BODIES_ABANDONED, self.labels()).increment(1);
        } else if let Some(reason) = stream.stop_reason() {
            counter!(names::BODY_STOPS, self.labels_and("reason", reason.name())).increment(1);
        } else {
            counter!(names::BODIES_CONTINUED, self.labels()).increment(1);
        }
        self.balance(stream.budget_balance());
    }
}

fn hedge_won(call: &CallEnd<'_>) -> bool {
    let Some(history) = call.history().filter(|history| history.stop_reason().is_none()) else {
        return false;
    };
    let winner = history.outcome().map(AttemptRecord::number);
    history.attempts().iter().any(|attempt| attempt.is_abandoned() && Some(attempt.number()) < winner)
}
