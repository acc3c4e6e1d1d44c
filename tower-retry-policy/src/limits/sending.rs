use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Wake, Waker},
};
use tokio::time::Instant;

/// What an attempt waits for while its request's body is sent: for the body, which is its caller's to bring, or for the server.
///
/// The body tells it, and the future of the attempt asks when its timer fires. Nobody is woken for it.
///
/// It is the waker too with which the body is asked: from the moment at which there is something, the server is waited for. A
/// client that is woken need not ask again, where a server has closed its window meanwhile (RFC 9113, section 6.9.2).
#[derive(Debug, Default)]
pub(crate) struct Sending {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    waits: Waits,
    /// Of whoever has asked.
    client: Option<Waker>,
}

#[derive(Clone, Copy, Debug, Default)]
enum Waits {
    /// For a connection: nobody has asked for the body yet.
    #[default]
    Unasked,
    /// For the body.
    Body,
    /// For the server, which has had the last of the body at this instant, or could have had more.
    Server(Instant),
}

// ===== impl Sending =====

impl Sending {
    /// The waker to ask the body with, in place of the client's own.
    pub(crate) fn waker(self: &Arc<Self>, client: &Waker) -> Waker {
        self.lock().client.get_or_insert_with(|| client.clone()).clone_from(client);
        Arc::clone(self).into()
    }

    /// The body was asked, and has nothing yet.
    pub(crate) fn waits_for_body(&self) {
        self.lock().waits = Waits::Body;
    }

    /// The body gave what it was asked for.
    pub(crate) fn waits_for_server(&self) {
        self.lock().waits = Waits::Server(Instant::now());
    }

    /// It is not asked any more, or has something. Returns whoever has asked.
    pub(crate) fn is_over(&self) -> Option<Waker> {
        let mut state = self.lock();
        if matches!(state.waits, Waits::Body) {
            state.waits = Waits::Server(Instant::now());
        }
        state.client.take()
    }

    /// Since when the server has been waited for, in an attempt that began at `started`: since now, if it is not.
    pub(super) fn server_since(&self, started: Instant) -> Instant {
        match self.lock().waits {
            Waits::Unasked => started,
            Waits::Body => Instant::now(),
            Waits::Server(since) => since,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // nothing in here panics
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Sending {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(client) = self.is_over() {
            client.wake();
        }
    }
}
