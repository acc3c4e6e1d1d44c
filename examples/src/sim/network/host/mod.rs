//! A simulated host: a smoltcp stack, and what an operating system adds to it: timers, a congestion window, an accept
//! queue, orphaned connections, and giving up.

mod endpoint;
mod flight;
mod listening;
mod patience;
mod programs;
mod segment;
mod stack;
mod timer;
mod window;

pub(crate) use self::{endpoint::Endpoint, segment::Segment, timer::LEAST};
use self::{listening::Listening, stack::Stack};
use super::{
    connection::Connection,
    device::{Burst, Packet},
    preset::Knobs,
};
use crate::sim::random::Random;
use smoltcp::{iface::SocketSet, time::Instant as StackInstant, wire::Ipv4Address};
use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

/// The client's port, which names a connection at both ends: there is one client, one server and one listening port.
pub(crate) type Name = u16;

/// The first port of the range that RFC 6335 leaves to clients.
const FIRST_CLIENT_PORT: Name = 49_152;

/// A host with its connections.
pub(crate) struct Host {
    /// Packets that have come off the wire.
    pub(crate) arrived: VecDeque<Packet>,
    /// What is to go onto it.
    pub(crate) leaving: Vec<Burst>,
    stack: Stack,
    knobs: Knobs,
    next_port: Name,
    connections: BTreeMap<Name, Connection>,
    listening: Option<Listening>,
    /// When something is to be repeated and when something is to be given up, at the earliest.
    repeats_at: Duration,
    gives_up_at: Duration,
}

impl Host {
    pub(crate) fn new(address: Ipv4Address, knobs: Knobs, random: Random) -> Self {
        Self {
            arrived: VecDeque::new(),
            leaving: Vec::new(),
            stack: Stack::new(address, &knobs, random),
            knobs,
            next_port: FIRST_CLIENT_PORT,
            connections: BTreeMap::new(),
            listening: None,
            repeats_at: Duration::MAX,
            gives_up_at: Duration::MAX,
        }
    }

    /// Takes in what has arrived, and repeats what is due.
    pub(crate) fn work(&mut self, now: Duration) {
        while let Some(packet) = self.arrived.pop_front() {
            if let Some(segment) = Segment::read(&packet) {
                self.receive(now, packet, &segment);
            }
        }
        // A timer that was set since then is not due yet.
        let due = if self.repeats_at <= now { self.connections.values_mut() } else { Default::default() };
        for connection in due {
            if connection.endpoint.due().is_some_and(|due| due <= now) {
                let burst = connection.endpoint.repeat(now, &mut self.stack);
                self.leaving.push(burst);
            }
        }
    }

    /// When there will be something to do if nothing arrives.
    pub(crate) fn next(&mut self) -> Option<Duration> {
        (self.repeats_at, self.gives_up_at) = (Duration::MAX, Duration::MAX);
        for connection in self.connections.values() {
            self.repeats_at = self.repeats_at.min(connection.endpoint.due().unwrap_or(Duration::MAX));
            self.gives_up_at =
                self.gives_up_at.min(connection.gives_up_at(&self.knobs).unwrap_or(Duration::MAX));
        }
        Some(self.repeats_at.min(self.gives_up_at)).filter(|&at| at < Duration::MAX)
    }

    fn receive(&mut self, now: Duration, packet: Packet, segment: &Segment) {
        let name = match &self.listening {
            Some(listening) if listening.port() == segment.target => segment.source,
            _ => segment.target,
        };
        if self.listening.is_some() && segment.opens() && !self.connections.contains_key(&name) {
            self.open(now, name, segment.target);
        }
        let Some(connection) = self.connections.get_mut(&name) else { return self.refuse(packet) };
        let burst = connection.endpoint.receive(now, &mut self.stack, packet, segment);
        self.leaving.push(burst);
        connection.look();
        if connection.is_orphan {
            // It may have closed.
            self.gives_up_at = now;
        }
        self.look_at_handshake(name);
    }

    /// Answers a packet for which there is no socket: with RST, unless it is one.
    fn refuse(&mut self, packet: Packet) {
        self.stack.device.arrived = Some(packet);
        let mut none = SocketSet::new(Vec::new());
        self.stack.interface.poll_ingress_single(StackInstant::ZERO, &mut self.stack.device, &mut none);
        self.leaving.push(std::mem::take(&mut self.stack.device.leaving));
    }

    /// Puts out what a connection has to send, as a system call does at once.
    fn send(&mut self, now: Duration, name: Name) {
        if let Some(connection) = self.connections.get_mut(&name) {
            let burst = connection.endpoint.send(now, &mut self.stack);
            self.leaving.push(burst);
        }
    }

    pub(crate) fn connection(&self, name: Name) -> Option<&Connection> {
        self.connections.get(&name)
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("connections", &self.connections.len()).finish_non_exhaustive()
    }
}
