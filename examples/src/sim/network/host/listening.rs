//! What listens on a port. smoltcp has sockets and no backlog; this is the backlog.

use super::{Endpoint, Host, Name};
use crate::sim::network::connection::{Connection, Waiter};
use smoltcp::socket::tcp::State;
use std::{
    collections::VecDeque,
    task::{Context, Poll},
    time::Duration,
};

/// A listening port, and the connections to be accepted there.
#[derive(Debug)]
pub(super) struct Listening {
    port: u16,
    accepted: VecDeque<Name>,
    acceptor: Waiter,
}

impl Listening {
    pub(super) fn new(port: u16) -> Self {
        Self { port, accepted: VecDeque::new(), acceptor: Waiter::default() }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn poll_accept(&mut self, cx: &Context<'_>) -> Poll<Name> {
        match self.accepted.pop_front() {
            Some(name) => Poll::Ready(name),
            None => self.acceptor.wait(cx),
        }
    }
}

impl Host {
    /// Makes a socket that listens, for one SYN that has arrived.
    pub(super) fn open(&mut self, now: Duration, name: Name, port: u16) {
        if self.listening.as_ref().is_none_or(|listening| listening.port != port) {
            return;
        }
        let mut endpoint = Endpoint::new(now, &self.knobs);
        if endpoint.socket_mut().listen(port).is_ok() {
            let mut connection = Connection::new(now, endpoint);
            connection.is_half_open = true;
            self.connections.insert(name, connection);
        }
    }

    /// Hands a connection to be accepted once its handshake is through, or forgets it if the client reset it.
    pub(super) fn look_at_handshake(&mut self, name: Name) {
        let (Some(listening), Some(connection)) = (&mut self.listening, self.connections.get_mut(&name))
        else {
            return;
        };
        if !connection.is_half_open {
            return;
        }
        match connection.endpoint.socket().state() {
            State::SynReceived => {}
            // smoltcp turns a socket that was reset in the handshake back into a listening one.
            State::Listen | State::Closed => {
                self.connections.remove(&name);
            }
            _ => {
                connection.is_half_open = false;
                listening.accepted.push_back(name);
                listening.acceptor.wake();
            }
        }
    }
}
