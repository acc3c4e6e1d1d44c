//! What a network keeps of its run beside the packets.

use std::{
    any::Any,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

/// The payload of a panic.
pub(crate) type Payload = Box<dyn Any + Send>;

/// Shared by the clones of a network.
#[derive(Debug, Default)]
pub(crate) struct Account {
    connections: AtomicU64,
    listens: AtomicBool,
    panicked: Mutex<Option<Payload>>,
}

impl Account {
    pub(crate) fn connects(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    /// Whether this is the first time.
    pub(crate) fn listens(&self) -> bool {
        !self.listens.swap(true, Ordering::Relaxed)
    }

    /// A service panicked; the first one is kept.
    pub(crate) fn panicked(&self, payload: Payload) {
        self.payload().get_or_insert(payload);
    }

    pub(crate) fn take_panic(&self) -> Option<Payload> {
        self.payload().take()
    }

    fn payload(&self) -> std::sync::MutexGuard<'_, Option<Payload>> {
        self.panicked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
