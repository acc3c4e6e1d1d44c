//! What listens on a port. smoltcp has sockets and no backlog; this is the backlog.

use super::socket;
use crate::sim::network::{
    connection::{Connection, Waiter},
    preset::Knobs,
};
use smoltcp::{
    iface::{SocketHandle, SocketSet},
    socket::tcp::{Socket, State},
};
use std::{
    collections::{BTreeMap, VecDeque},
    task::{Context, Poll},
    time::Duration,
};

/// One free socket, those in the handshake, and those to be accepted.
pub(super) struct Listening {
    port: u16,
    free: SocketHandle,
    half_open: Vec<HalfOpen>,
    accepted: VecDeque<SocketHandle>,
    acceptor: Waiter,
}

struct HalfOpen {
    handle: SocketHandle,
    client_port: u16,
    since: Duration,
}

impl Listening {
    pub(super) fn new(port: u16, sockets: &mut SocketSet<'static>, knobs: &Knobs) -> Self {
        Self {
            port,
            free: socket::listening(sockets, knobs, port),
            half_open: Vec::new(),
            accepted: VecDeque::new(),
            acceptor: Waiter::default(),
        }
    }

    /// Whether a handshake with this client port is under way.
    pub(super) fn knows(&self, client_port: u16) -> bool {
        self.half_open.iter().any(|half_open| half_open.client_port == client_port)
    }

    /// Replaces the free socket if it is taken, and moves on the handshakes that are through.
    pub(super) fn look_at_handshakes(
        &mut self,
        now: Duration,
        sockets: &mut SocketSet<'static>,
        knobs: &Knobs,
        connections: &mut BTreeMap<SocketHandle, Connection>,
    ) {
        let socket = sockets.get::<Socket<'_>>(self.free);
        if let (false, Some(remote)) = (socket.is_listening(), socket.remote_endpoint()) {
            self.half_open.push(HalfOpen { handle: self.free, client_port: remote.port, since: now });
            self.free = socket::listening(sockets, knobs, self.port);
        }
        self.half_open.retain(|half_open| match sockets.get::<Socket<'_>>(half_open.handle).state() {
            State::SynReceived => true,
            // The client reset the handshake: smoltcp turns the socket back into a listening one.
            State::Listen | State::Closed => {
                sockets.remove(half_open.handle);
                false
            }
            _ => {
                connections.insert(half_open.handle, Connection::new(now, half_open.client_port));
                self.accepted.push_back(half_open.handle);
                self.acceptor.wake();
                false
            }
        });
    }

    pub(super) fn poll_accept(&mut self, cx: &Context<'_>) -> Poll<SocketHandle> {
        match self.accepted.pop_front() {
            Some(handle) => Poll::Ready(handle),
            None => self.acceptor.wait(cx),
        }
    }

    /// Forgets the handshakes that have taken longer than this.
    pub(super) fn give_up(&mut self, now: Duration, patience: Duration, sockets: &mut SocketSet<'static>) {
        self.half_open.retain(|half_open| {
            let keep = half_open.since + patience > now;
            if !keep {
                sockets.remove(half_open.handle);
            }
            keep
        });
    }

    /// When [`Listening::give_up`] will have something to do.
    pub(super) fn gives_up_at(&self, patience: Duration) -> Option<Duration> {
        self.half_open.iter().map(|half_open| half_open.since + patience).min()
    }
}
