use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// What the server saw: the oracle of the bench, which knows nothing of the crates under test.
#[derive(Clone, Debug, Default)]
pub(crate) struct Account(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    arrivals: Mutex<Vec<Arrival>>,
    silent: Notify,
}

/// A request whose head the server has read to its end.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// As the caller numbered it; all attempts of one call have the same.
    pub id: String,
    /// The connection, counted from 0 in the order in which they were accepted.
    pub connection: usize,
    /// The server gave its word that it has not processed the request.
    pub refused: bool,
}

// ===== impl Account =====

impl Account {
    pub(crate) fn arrived(&self, arrival: Arrival) {
        self.0.arrivals.lock().unwrap().push(arrival);
    }

    pub(crate) fn arrivals(&self, id: &str) -> Vec<Arrival> {
        let arrivals = self.0.arrivals.lock().unwrap();
        arrivals.iter().filter(|arrival| arrival.id == id).cloned().collect()
    }

    /// The script has come to the point from which on nothing is said.
    pub(crate) fn fell_silent(&self) {
        self.0.silent.notify_one();
    }

    pub(crate) async fn silence(&self) {
        self.0.silent.notified().await;
    }
}
