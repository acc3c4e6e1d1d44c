//! What a host knows of a connection beside its TCP socket.

use super::host::Endpoint;
use std::{
    task::{Context, Poll, Waker},
    time::Duration,
};

/// The bookkeeping of one connection.
pub(crate) struct Connection {
    pub(crate) endpoint: Endpoint,
    pub(crate) since: Duration,
    /// The server's, before the handshake is through: nobody can accept it yet.
    pub(crate) is_half_open: bool,
    /// Set once the handshake is through. A connection that is set up and reset between two looks at it would
    /// pass for a refused one.
    pub(crate) was_established: bool,
    /// The program has closed its end and forgotten the connection.
    pub(crate) is_orphan: bool,
    /// Bytes that the program has read and written.
    pub(crate) read: u64,
    pub(crate) written: u64,
    /// The program has written since it last read: it waits for an answer.
    pub(crate) unanswered: bool,
    pub(crate) reader: Waiter,
    pub(crate) writer: Waiter,
}

/// A task that waits for one condition.
#[derive(Debug, Default)]
pub(crate) struct Waiter(Option<Waker>);

impl Connection {
    pub(crate) fn new(now: Duration, endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            since: now,
            is_half_open: false,
            was_established: false,
            is_orphan: false,
            read: 0,
            written: 0,
            unanswered: false,
            reader: Waiter::default(),
            writer: Waiter::default(),
        }
    }

    /// Takes note of the socket's state and wakes whoever can go on.
    pub(crate) fn look(&mut self) {
        let socket = self.endpoint.socket();
        self.was_established |= socket.may_send();
        if socket.can_recv() || !socket.may_recv() {
            self.reader.wake();
        }
        if socket.can_send() || !socket.may_send() {
            self.writer.wake();
        }
    }
}

impl Waiter {
    /// Remembers the task to wake; always pending.
    pub(crate) fn wait<T>(&mut self, cx: &Context<'_>) -> Poll<T> {
        match &mut self.0 {
            Some(waker) => waker.clone_from(cx.waker()),
            None => self.0 = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    pub(crate) fn wake(&mut self) {
        if let Some(waker) = self.0.take() {
            waker.wake();
        }
    }
}
