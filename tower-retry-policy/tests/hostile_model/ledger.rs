//! A budget that writes down what it is told, and grants by a script.

use std::{sync::Mutex, time::Instant};
use tower_retry_policy::budget::{FailureKind, RequestEnd, RetryBudget};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    Begin,
    End,
    Failed(FailureKind),
    Granted(FailureKind),
    Refused,
    GivenBack(FailureKind),
    RetryEnded,
    Settled(RequestEnd),
}

#[derive(Debug)]
pub(crate) struct Ledger {
    /// how many retries are granted
    grants: u32,
    entries: Mutex<Vec<Entry>>,
}

impl Ledger {
    pub(crate) fn new(grants: u32) -> Self {
        Self { grants, entries: Mutex::default() }
    }

    fn write(&self, entry: Entry) {
        self.entries.lock().unwrap().push(entry);
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.entries.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, is: impl Fn(&Entry) -> bool) -> u32 {
        u32::try_from(self.entries().iter().filter(|entry| is(entry)).count()).unwrap()
    }

    pub(crate) fn granted(&self) -> u32 {
        self.count(|entry| matches!(entry, Entry::Granted(_)))
    }

    pub(crate) fn failed(&self) -> u32 {
        self.count(|entry| matches!(entry, Entry::Failed(_)))
    }

    pub(crate) fn given_back(&self) -> u32 {
        self.count(|entry| matches!(entry, Entry::GivenBack(_)))
    }

    pub(crate) fn kinds_granted(&self) -> Vec<FailureKind> {
        let kind = |entry| if let Entry::Granted(kind) = entry { Some(kind) } else { None };
        self.entries().into_iter().filter_map(kind).collect()
    }

    /// A retry has ended, or is given back, before anything is asked for the next; what is given back is of its kind.
    pub(crate) fn check_order(&self) {
        let mut open = None;
        for entry in self.entries() {
            match entry {
                Entry::Granted(kind) => assert_eq!(open.replace(kind), None, "two at a time"),
                Entry::RetryEnded => assert!(open.take().is_some(), "none was granted"),
                Entry::GivenBack(kind) => assert_eq!(open.take(), Some(kind), "of another kind"),
                Entry::Failed(_) | Entry::Refused | Entry::Settled(_) => {
                    assert_eq!(open, None, "{entry:?} before the retry had ended");
                }
                Entry::Begin | Entry::End => {}
            }
        }
    }

    pub(crate) fn ends(&self) -> Vec<RequestEnd> {
        let end = |entry| if let Entry::Settled(end) = entry { Some(end) } else { None };
        self.entries().into_iter().filter_map(end).collect()
    }
}

impl RetryBudget for Ledger {
    fn withdraw(&self, kind: FailureKind, _: Instant) -> bool {
        let grant = self.granted() < self.grants;
        self.write(if grant { Entry::Granted(kind) } else { Entry::Refused });
        grant
    }
    fn give_back(&self, kind: FailureKind, _: Instant) {
        self.write(Entry::GivenBack(kind));
    }
    fn settle(&self, end: RequestEnd, _: Instant) {
        self.write(Entry::Settled(end));
    }
    fn balance(&self) -> u64 {
        u64::from(self.grants - self.granted())
    }
    fn begin(&self) {
        self.write(Entry::Begin);
    }
    fn end(&self) {
        self.write(Entry::End);
    }
    fn failed(&self, kind: FailureKind, _: Instant) {
        self.write(Entry::Failed(kind));
    }
    fn retry_ended(&self) {
        self.write(Entry::RetryEnded);
    }
    fn tracks_in_flight(&self) -> bool {
        true
    }
}
