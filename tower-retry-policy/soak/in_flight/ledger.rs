use crate::fault::{Ending, Fault};
use std::sync::Mutex;

/// What the server saw: of each request, and of each fault.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    requests: Vec<Request>,
    faults: [u64; Fault::ALL.len()],
    endings: [u64; Ending::ALL.len()],
    /// Whole and not what was sent.
    damaged: Vec<u64>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Request {
    arrived: u8,
    processed: u8,
    once: bool,
}

impl Ledger {
    /// Counts an arrival, the first of which is 0.
    pub(crate) fn arrived(&self, id: u64) -> u64 {
        let mut seen = self.seen.lock().unwrap();
        let index = usize::try_from(id).unwrap();
        if seen.requests.len() <= index {
            seen.requests.resize(index + 1, Request::default());
        }
        let request = &mut seen.requests[index];
        request.arrived = request.arrived.saturating_add(1);
        u64::from(request.arrived) - 1
    }

    pub(crate) fn processed(&self, id: u64, once: bool) {
        let request = &mut self.seen.lock().unwrap().requests[usize::try_from(id).unwrap()];
        request.processed = request.processed.saturating_add(1);
        request.once = once;
    }

    pub(crate) fn played(&self, fault: Fault) {
        self.seen.lock().unwrap().faults[fault as usize] += 1;
    }

    pub(crate) fn ended(&self, ending: Ending) {
        self.seen.lock().unwrap().endings[ending as usize] += 1;
    }

    pub(crate) fn damaged(&self, id: u64) {
        self.seen.lock().unwrap().damaged.push(id);
    }

    /// What has to hold of every request, with at most so many attempts for each.
    pub(crate) fn check(&self, attempts: u8, long: bool) {
        let seen = self.seen.lock().unwrap();
        println!("the server played {:?}", Fault::ALL.iter().zip(seen.faults).collect::<Vec<_>>());
        println!("connections ended {:?}", Ending::ALL.iter().zip(seen.endings).collect::<Vec<_>>());
        let with = |wrong: fn(&Request, u8) -> bool| -> Vec<usize> {
            let numbered = seen.requests.iter().enumerate();
            numbered.filter(|(_, request)| wrong(request, attempts)).map(|(id, _)| id).collect()
        };
        let twice = with(|request, _| request.once && request.processed > 1);
        let too_often = with(|request, attempts| request.arrived > attempts);
        let once = seen.requests.iter().filter(|request| request.once).count();
        println!("{} requests arrived, {once} of them to be processed once", seen.requests.len());
        assert!(twice.is_empty(), "{} of {once} POSTs were processed twice: {twice:?}", twice.len());
        assert!(too_often.is_empty(), "sent more often than {attempts} times: {too_often:?}");
        assert!(seen.damaged.is_empty(), "arrived whole and wrong: {:?}", seen.damaged);
        assert!(seen.faults.iter().all(|played| *played > 0), "a fault was not played");
        assert!(!long || seen.endings.iter().all(|played| *played > 0), "an ending was not played");
    }
}
