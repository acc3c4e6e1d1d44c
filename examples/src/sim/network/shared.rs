//! The two hosts and the wires between them, behind one mutex that is never held over an await.

use super::{
    host::{Host, Name},
    link::Wire,
    meter::Meter,
};
use crate::sim::network::Tap;
use smoltcp::wire::Ipv4Address;
use std::{
    fmt, io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// Which host of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

/// The state that the driver and all streams share.
pub(crate) struct Shared {
    pub(crate) changed: Notify,
    start: Instant,
    hosts: Mutex<Hosts>,
}

pub(crate) struct Hosts {
    pub(crate) client: Host,
    pub(crate) server: Host,
    pub(crate) to_client: Wire,
    pub(crate) to_server: Wire,
    /// What the client sends.
    pub(crate) client_meter: Meter,
    /// What the server sends.
    pub(crate) server_meter: Meter,
    pub(crate) tap: Option<Tap>,
}

impl Shared {
    /// The run starts now.
    pub(crate) fn new(hosts: Hosts) -> Arc<Self> {
        Arc::new(Self { changed: Notify::new(), start: Instant::now(), hosts: Mutex::new(hosts) })
    }

    /// Time since the start of the run.
    pub(crate) fn now(&self) -> Duration {
        self.start.elapsed()
    }

    pub(crate) fn at(&self, since_start: Duration) -> Instant {
        self.start + since_start
    }

    pub(crate) fn hosts(&self) -> MutexGuard<'_, Hosts> {
        // A panic elsewhere has already ended the run that this state belongs to.
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn connect(&self, server: (Ipv4Address, u16)) -> io::Result<Name> {
        let name = self.hosts().client.connect(self.now(), server);
        self.changed.notify_one();
        name
    }

    pub(crate) fn abandon(&self, name: Name) {
        self.hosts().client.abandon(name);
    }

    pub(crate) fn poll_read(
        &self,
        side: Side,
        name: Name,
        cx: &Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut hosts = self.hosts();
        let host = hosts.of(side);
        let result = host.poll_read(self.now(), name, cx, buffer);
        if !host.leaving.is_empty() {
            self.changed.notify_one();
        }
        result
    }

    pub(crate) fn poll_write(
        &self,
        side: Side,
        name: Name,
        cx: &Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = self.hosts().of(side).poll_write(self.now(), name, cx, data);
        self.changed.notify_one();
        result
    }

    /// Ends what this side sends; the other direction stays open.
    pub(crate) fn shut_down(&self, side: Side, name: Name) {
        self.hosts().of(side).shut_down(self.now(), name);
        self.changed.notify_one();
    }

    /// Ends a connection: with FIN, or with RST where `rudely` or an answer is still on its way.
    pub(crate) fn close(&self, side: Side, name: Name, rudely: bool) {
        let mut hosts = self.hosts();
        let rudely = rudely || (side == Side::Client && hosts.awaits_answer(name));
        hosts.of(side).close(self.now(), name, rudely);
        drop(hosts);
        self.changed.notify_one();
    }

    pub(crate) fn orphan(&self, side: Side, name: Name) {
        self.hosts().of(side).orphan(name);
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

    /// Moves packets and lets both hosts work until nothing moves; when to come back.
    pub(crate) fn pump(&mut self, now: Duration) -> Option<Duration> {
        loop {
            self.to_client.deliver(now, &mut self.client.arrived);
            self.to_server.deliver(now, &mut self.server.arrived);
            // A host takes in everything that has arrived before it is looked at again.
            self.server_meter.arrive(now, self.client.arrived.len());
            self.client_meter.arrive(now, self.server.arrived.len());
            if let Some(tap) = &self.tap {
                tap.receives(now, &self.client.arrived);
            }
            self.client.work(now);
            self.server.work(now);
            self.client.give_up(now);
            self.server.give_up(now);
            if let Some(tap) = &self.tap {
                self.client.leaving.iter().for_each(|burst| tap.sends(now, burst));
            }
            self.client_meter.leave(now, self.client.leaving.iter().map(Vec::len).sum());
            self.server_meter.leave(now, self.server.leaving.iter().map(Vec::len).sum());
            self.to_server.send(now, &mut self.client.leaving);
            self.to_client.send(now, &mut self.server.leaving);
            let wires = [self.to_client.next(), self.to_server.next()].into_iter().flatten().min();
            // Not so on a wire without delay.
            if wires.is_none_or(|at| at > now) {
                return [wires, self.client.next(), self.server.next()].into_iter().flatten().min();
            }
        }
    }

    /// Whether the client has asked and not yet read all of the answer.
    ///
    /// Linux closes such a connection with FIN and answers the next segment with RST. Here the RST leaves at
    /// once: otherwise the server's retransmissions to nobody would go on stirring the loss chain.
    fn awaits_answer(&self, name: Name) -> bool {
        self.client.connection(name).is_some_and(|client| {
            let written = self.server.connection(name).map_or(0, |server| server.written);
            client.unanswered || client.read < written
        })
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("start", &self.start).finish_non_exhaustive()
    }
}
