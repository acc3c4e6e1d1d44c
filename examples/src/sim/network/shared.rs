//! The two hosts and the wires between them, behind one mutex that is never held over an await.

use super::{clock::Clock, host::Host, link::Wire};
use crate::sim::network::Tap;
use smoltcp::{iface::SocketHandle, wire::Ipv4Address};
use std::{
    fmt, io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};
use tokio::sync::Notify;

/// Which host of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

/// The state that the driver and all streams share.
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) changed: Notify,
    hosts: Mutex<Hosts>,
}

pub(crate) struct Hosts {
    pub(crate) client: Host,
    pub(crate) server: Host,
    pub(crate) to_client: Wire,
    pub(crate) to_server: Wire,
    pub(crate) tap: Option<Tap>,
}

impl Shared {
    pub(crate) fn new(clock: Clock, hosts: Hosts) -> Arc<Self> {
        Arc::new(Self { clock, changed: Notify::new(), hosts: Mutex::new(hosts) })
    }

    pub(crate) fn hosts(&self) -> MutexGuard<'_, Hosts> {
        // A panic elsewhere has already ended the run that this state belongs to.
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn connect(&self, server: (Ipv4Address, u16)) -> io::Result<SocketHandle> {
        let handle = self.hosts().client.connect(self.clock.now(), server);
        self.changed.notify_one();
        handle
    }

    pub(crate) fn abandon(&self, handle: SocketHandle) {
        self.hosts().client.abandon(handle);
        self.changed.notify_one();
    }

    pub(crate) fn poll_read(
        &self,
        side: Side,
        handle: SocketHandle,
        cx: &Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let result = self.hosts().of(side).poll_read(handle, cx, buffer);
        if result.is_ready() {
            // There is room again: the peer may have to be told.
            self.changed.notify_one();
        }
        result
    }

    pub(crate) fn poll_write(
        &self,
        side: Side,
        handle: SocketHandle,
        cx: &Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = self.hosts().of(side).poll_write(self.clock.now(), handle, cx, data);
        self.changed.notify_one();
        result
    }

    /// Ends what this side sends; the other direction stays open.
    pub(crate) fn shut_down(&self, side: Side, handle: SocketHandle) {
        self.hosts().of(side).shut_down(self.clock.now(), handle);
        self.changed.notify_one();
    }

    /// Ends a connection: with FIN, or with RST where `rudely` or an answer is still on its way.
    pub(crate) fn close(&self, side: Side, handle: SocketHandle, rudely: bool) {
        let mut hosts = self.hosts();
        let rudely = rudely || (side == Side::Client && hosts.awaits_answer(handle));
        hosts.of(side).close(self.clock.now(), handle, rudely);
        drop(hosts);
        self.changed.notify_one();
    }

    pub(crate) fn orphan(&self, side: Side, handle: SocketHandle) {
        self.hosts().of(side).orphan(handle);
        self.changed.notify_one();
    }
}

impl Hosts {
    pub(crate) fn of(&mut self, side: Side) -> &mut Host {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    /// Moves packets and polls both stacks until nothing moves; when to come back.
    pub(crate) fn pump(&mut self, clock: &Clock) -> Option<Duration> {
        let now = clock.now();
        let stack_now = clock.to_stack(now);
        loop {
            self.to_client.deliver(now, &mut self.client.device);
            self.to_server.deliver(now, &mut self.server.device);
            if let Some(tap) = &self.tap {
                // The host takes in everything that has arrived before it is looked at again.
                tap.receives(now, &self.client.device.arrived);
            }
            self.client.poll(now, stack_now);
            self.server.poll(now, stack_now);
            if let Some(tap) = &self.tap {
                tap.sends(now, &self.client.device.leaving);
            }
            self.to_server.send(now, &mut self.client.device.leaving);
            self.to_client.send(now, &mut self.server.device.leaving);
            let arrived =
                [self.to_client.next(), self.to_server.next()].into_iter().flatten().any(|at| at <= now);
            let resets = self.client.give_up(now) | self.server.give_up(now);
            if !arrived && !resets {
                break;
            }
        }
        let stacks = [self.client.poll_at(stack_now), self.server.poll_at(stack_now)]
            .map(|at| Some(clock.since_start(at?)));
        let wires = [self.to_client.next(), self.to_server.next()];
        let patience = [self.client.gives_up_at(), self.server.gives_up_at()];
        [stacks, wires, patience].into_iter().flatten().flatten().min()
    }

    /// Whether the client has asked and not yet read all of the answer.
    ///
    /// Linux closes such a connection with FIN and answers the next segment with RST. Here the RST leaves at
    /// once: otherwise the server's retransmissions to nobody would go on stirring the loss chain.
    fn awaits_answer(&self, handle: SocketHandle) -> bool {
        self.client.connection(handle).is_some_and(|connection| {
            connection.unanswered || connection.read < self.server.written_to(connection.client_port)
        })
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("clock", &self.clock).finish_non_exhaustive()
    }
}
