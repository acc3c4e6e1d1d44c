//! What happened in each second of a run.

use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::Instant;

/// The counts of one second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Second {
    /// Calls that clients began.
    pub calls: u64,
    /// Attempts that reached the server.
    pub offered: u64,
    /// Calls that ended with success.
    pub goodput: u64,
}

/// The means of one second over several runs.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct MeanSecond {
    /// Attempts that reached the server.
    pub offered: f64,
    /// Calls that ended with success.
    pub goodput: f64,
}

impl MeanSecond {
    /// Second by second over runs of the same length.
    #[must_use]
    pub fn over(runs: &[Vec<Second>]) -> Vec<Self> {
        let count = runs.len() as f64;
        let mean = |second: usize| {
            let of = |figure: fn(&Second) -> u64| {
                runs.iter().filter_map(|run| run.get(second)).map(figure).sum::<u64>() as f64 / count
            };
            Self { offered: of(|second| second.offered), goodput: of(|second| second.goodput) }
        };
        (0..runs.first().map_or(0, Vec::len)).map(mean).collect()
    }
}

/// The seconds of a run, shared by all who take part in it.
#[derive(Debug, Clone)]
pub struct Record {
    start: Instant,
    seconds: Arc<Mutex<Vec<Second>>>,
}

impl Record {
    /// Of a run of so many seconds that starts now.
    #[must_use]
    pub fn new(seconds: usize) -> Self {
        let seconds = Arc::new(Mutex::new(vec![Second::default(); seconds]));
        Self { start: Instant::now(), seconds }
    }

    /// When the run started.
    #[must_use]
    pub fn start(&self) -> Instant {
        self.start
    }

    /// A client begins a call.
    pub fn call(&self) {
        self.count(|second| second.calls += 1);
    }

    /// An attempt reaches the server.
    pub fn attempt(&self) {
        self.count(|second| second.offered += 1);
    }

    /// A call ends with success.
    pub fn success(&self) {
        self.count(|second| second.goodput += 1);
    }

    /// What was counted so far.
    #[must_use]
    pub fn seconds(&self) -> Vec<Second> {
        self.seconds.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn count(&self, change: fn(&mut Second)) {
        let second = self.start.elapsed().as_secs() as usize;
        let mut seconds = self.seconds.lock().unwrap_or_else(PoisonError::into_inner);
        // What comes after the last second is not part of the run.
        if let Some(second) = seconds.get_mut(second) {
            change(second);
        }
    }
}
