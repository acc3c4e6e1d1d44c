//! What a host knows of a connection beside its TCP socket.

use smoltcp::socket::tcp::Socket;
use std::{
    task::{Context, Poll, Waker},
    time::Duration,
};

/// The bookkeeping of one connection.
#[derive(Debug)]
pub(crate) struct Connection {
    /// The peer's port, which names the connection: there is one server and one listening port.
    pub(crate) client_port: u16,
    pub(crate) progress: Progress,
    /// Set once the handshake is through. A connection that is set up and reset between two looks at it would
    /// pass for a refused one.
    pub(crate) was_established: bool,
    /// The program has closed its end and forgotten the connection.
    pub(crate) orphan: bool,
    /// Bytes that the program has read and written.
    pub(crate) read: u64,
    pub(crate) written: u64,
    /// The program has written since it last read: it waits for an answer.
    pub(crate) unanswered: bool,
    pub(crate) reader: Waiter,
    pub(crate) writer: Waiter,
}

/// Since when nothing of what is to be sent has been acknowledged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progress {
    since: Duration,
    unacknowledged: usize,
}

/// A task that waits for one condition.
#[derive(Debug, Default)]
pub(crate) struct Waiter(Option<Waker>);

impl Connection {
    pub(crate) fn new(now: Duration, client_port: u16) -> Self {
        Self {
            client_port,
            progress: Progress { since: now, unacknowledged: 0 },
            was_established: false,
            orphan: false,
            read: 0,
            written: 0,
            unanswered: false,
            reader: Waiter::default(),
            writer: Waiter::default(),
        }
    }

    /// Takes note of the socket's state and wakes whoever can go on.
    pub(crate) fn observe(&mut self, now: Duration, socket: &Socket<'_>) {
        self.was_established |= socket.may_send();
        self.progress.observe(now, socket.send_queue());
        if socket.can_recv() || !socket.may_recv() {
            self.reader.wake();
        }
        if socket.can_send() || !socket.may_send() {
            self.writer.wake();
        }
    }
}

impl Progress {
    pub(crate) fn restart(&mut self, now: Duration) {
        self.since = now;
    }

    fn observe(&mut self, now: Duration, unacknowledged: usize) {
        if unacknowledged < self.unacknowledged {
            self.since = now;
        }
        self.unacknowledged = unacknowledged;
    }

    /// When patience ends if nothing moves until then.
    pub(crate) fn ends(&self, patience: Duration) -> Duration {
        self.since + patience
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
