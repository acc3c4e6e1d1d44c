use std::sync::{Mutex, PoisonError};
use tokio::time::Instant;

/// What an attempt waits for while its request's body is sent: for the body, which is its caller's to bring, or for the server.
///
/// The body tells it, and the future of the attempt asks when its timer fires. Nobody is woken for it.
#[derive(Debug, Default)]
pub(crate) struct Sending {
    waits: Mutex<Waits>,
}

#[derive(Clone, Copy, Debug, Default)]
enum Waits {
    /// For a connection: nobody has asked for the body yet.
    #[default]
    Unasked,
    /// For the body.
    Body,
    /// For the server, which has had the last of the body at this instant.
    Server(Instant),
}

// ===== impl Sending =====

impl Sending {
    /// The body was asked, and has nothing yet.
    pub(crate) fn waits_for_body(&self) {
        self.set(Waits::Body);
    }

    /// The body gave what it was asked for, or is not asked any more.
    pub(crate) fn waits_for_server(&self) {
        self.set(Waits::Server(Instant::now()));
    }

    /// It is not asked any more.
    pub(crate) fn is_over(&self) {
        if matches!(self.get(), Waits::Body) {
            self.waits_for_server();
        }
    }

    /// Since when the server has been waited for, in an attempt that began at `started`: since now, if it is not.
    pub(super) fn server_since(&self, started: Instant) -> Instant {
        match self.get() {
            Waits::Unasked => started,
            Waits::Body => Instant::now(),
            Waits::Server(since) => since,
        }
    }

    fn get(&self) -> Waits {
        // nothing in here panics
        *self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, waits: Waits) {
        *self.waits.lock().unwrap_or_else(PoisonError::into_inner) = waits;
    }
}
