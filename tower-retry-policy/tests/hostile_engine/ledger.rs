//! A budget and an observer that write down what they are told.

use http::StatusCode;
use std::{
    fmt,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tower_retry_policy::{
    Attempt, AttemptRecord, CallEnd, FailureKind, HedgeStart, History, Observer, Phase, RequestEnd,
    RetryBudget, RetryWait, StopReason,
};

/// So many tokens, and what became of them.
#[derive(Debug, Clone)]
pub(crate) struct Tokens(Arc<Mutex<Account>>);

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Account {
    pub left: u64,
    pub granted: u32,
    pub refused: u32,
    pub given_back: u32,
    pub ended_retries: u32,
    pub failed: u32,
    pub begun: u32,
    pub ended: u32,
    pub settled: Vec<RequestEnd>,
}

/// What an observer heard.
#[derive(Clone, Default)]
pub(crate) struct Ear(Arc<Mutex<Heard>>);

#[derive(Debug, Clone, Default)]
pub(crate) struct Heard {
    pub retrying: Vec<u32>,
    pub hedging: Vec<u32>,
    pub ends: Vec<Told>,
}

#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub attempts: u32,
    pub abandoned: bool,
    pub status: Option<StatusCode>,
    pub failed: Option<u32>,
    pub stop: Option<StopReason>,
    pub records: Vec<Record>,
}

/// An attempt as the history has it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    pub number: u32,
    pub abandoned: bool,
    pub phase: Option<Phase>,
    pub status: Option<StatusCode>,
    pub began: Duration,
    pub took: Duration,
}

impl Tokens {
    pub(crate) fn new(left: u64) -> Self {
        Self(Arc::new(Mutex::new(Account { left, ..Account::default() })))
    }

    pub(crate) fn account(&self) -> Account {
        self.0.lock().unwrap().clone()
    }
}

impl RetryBudget for Tokens {
    fn withdraw(&self, _: FailureKind, _: Instant) -> bool {
        let mut account = self.0.lock().unwrap();
        let granted = account.left > 0;
        if granted {
            account.left -= 1;
            account.granted += 1;
        } else {
            account.refused += 1;
        }
        granted
    }

    fn give_back(&self, _: FailureKind, _: Instant) {
        let mut account = self.0.lock().unwrap();
        account.left += 1;
        account.given_back += 1;
    }

    fn settle(&self, end: RequestEnd, _: Instant) {
        self.0.lock().unwrap().settled.push(end);
    }

    fn balance(&self) -> u64 {
        self.0.lock().unwrap().left
    }

    fn begin(&self) {
        self.0.lock().unwrap().begun += 1;
    }

    fn end(&self) {
        self.0.lock().unwrap().ended += 1;
    }

    fn failed(&self, _: FailureKind, _: Instant) {
        self.0.lock().unwrap().failed += 1;
    }

    fn retry_ended(&self) {
        self.0.lock().unwrap().ended_retries += 1;
    }

    fn tracks_in_flight(&self) -> bool {
        true
    }
}

impl Ear {
    pub(crate) fn heard(&self) -> Heard {
        self.0.lock().unwrap().clone()
    }
}

impl fmt::Debug for Ear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ear")
    }
}

impl Observer for Ear {
    fn retrying(&self, failed: &Attempt<'_>, _: RetryWait) {
        self.0.lock().unwrap().retrying.push(failed.number());
    }

    fn hedging(&self, started: &HedgeStart<'_>) {
        self.0.lock().unwrap().hedging.push(started.number());
    }

    fn ended(&self, call: &CallEnd<'_>) {
        let told = Told {
            attempts: call.attempts(),
            abandoned: call.is_abandoned(),
            status: call.status(),
            failed: call.failed().map(Attempt::number),
            stop: call.stop_reason(),
            records: call.history().map(records).unwrap_or_default(),
        };
        self.0.lock().unwrap().ends.push(told);
    }
}

pub(crate) fn records(history: &History) -> Vec<Record> {
    history.attempts().iter().map(Record::of).collect()
}

impl Record {
    fn of(record: &AttemptRecord) -> Self {
        Self {
            number: record.number(),
            abandoned: record.is_abandoned(),
            phase: record.phase(),
            status: record.status(),
            began: record.began(),
            took: record.took(),
        }
    }
}
