//! A simulated host: a smoltcp stack, its device, and what an operating system adds to them: an accept queue,
//! orphaned connections, and giving up.

mod listening;
mod patience;
mod programs;
mod socket;

use self::listening::Listening;
use super::{connection::Connection, device::Device, preset::Knobs};
use crate::sim::random::Random;
use smoltcp::{
    iface::{Config, Interface, PollIngressSingleResult, PollResult, SocketHandle, SocketSet},
    time::Instant as StackInstant,
    wire::{HardwareAddress, IpAddress, IpCidr, Ipv4Address, Ipv4Packet, TcpPacket},
};
use std::{collections::BTreeMap, time::Duration};

/// The first port of the range that RFC 6335 leaves to clients.
const FIRST_CLIENT_PORT: u16 = 49_152;

/// A host with its sockets.
pub(crate) struct Host {
    pub(crate) device: Device,
    interface: Interface,
    sockets: SocketSet<'static>,
    knobs: Knobs,
    next_port: u16,
    connections: BTreeMap<SocketHandle, Connection>,
    listening: Option<Listening>,
}

impl Host {
    pub(crate) fn new(address: Ipv4Address, knobs: Knobs, mut random: Random) -> Self {
        let mut device = Device::new(knobs.mtu);
        let mut config = Config::new(HardwareAddress::Ip);
        config.random_seed = random.next_u64();
        let mut interface = Interface::new(config, &mut device, StackInstant::ZERO);
        interface.update_ip_addrs(|addresses| {
            // There is room for two addresses, and this is the first.
            let _ = addresses.push(IpCidr::new(IpAddress::Ipv4(address), 24));
        });
        Self {
            device,
            interface,
            sockets: SocketSet::new(Vec::new()),
            knobs,
            next_port: FIRST_CLIENT_PORT,
            connections: BTreeMap::new(),
            listening: None,
        }
    }

    /// Takes in what has arrived and puts out what is to leave.
    pub(crate) fn poll(&mut self, now: Duration, stack_now: StackInstant) {
        loop {
            self.ignore_repeated_syn();
            let taken = self.interface.poll_ingress_single(stack_now, &mut self.device, &mut self.sockets);
            if matches!(taken, PollIngressSingleResult::None) {
                break;
            }
            // After every packet, for smoltcp has no backlog: the one free socket takes one connection, and
            // the next SYN would be answered with RST.
            if let Some(listening) = &mut self.listening {
                listening.look_at_handshakes(now, &mut self.sockets, &self.knobs, &mut self.connections);
            }
            self.observe(now);
        }
        while matches!(
            self.interface.poll_egress(stack_now, &mut self.device, &mut self.sockets),
            PollResult::SocketStateChanged
        ) {}
        self.observe(now);
    }

    /// When the stack wants to be polled again.
    pub(crate) fn poll_at(&mut self, stack_now: StackInstant) -> Option<StackInstant> {
        self.interface.poll_at(stack_now, &self.sockets)
    }

    /// Drops arrived SYNs of connections that are known, as a socket in the handshake ignores them; the free
    /// socket would take the connection a second time.
    fn ignore_repeated_syn(&mut self) {
        while let Some(port) = self.device.arrived.front().and_then(|packet| opening_port(packet)) {
            let known = self.listening.as_ref().is_some_and(|listening| listening.knows(port))
                || self.connections.values().any(|connection| connection.client_port == port);
            if !known {
                return;
            }
            self.device.arrived.pop_front();
        }
    }

    fn observe(&mut self, now: Duration) {
        for (&handle, connection) in &mut self.connections {
            connection.observe(now, self.sockets.get(handle));
        }
    }

    pub(crate) fn connection(&self, handle: SocketHandle) -> Option<&Connection> {
        self.connections.get(&handle)
    }

    /// Bytes that the program at this end has written to the connection with this client port.
    pub(crate) fn written_to(&self, client_port: u16) -> u64 {
        let of_client = self.connections.values().filter(|connection| connection.client_port == client_port);
        of_client.map(|connection| connection.written).max().unwrap_or(0)
    }
}

/// The source port of a packet that opens a connection.
fn opening_port(packet: &[u8]) -> Option<u16> {
    let ip = Ipv4Packet::new_checked(packet).ok()?;
    let tcp = TcpPacket::new_checked(ip.payload()).ok()?;
    (tcp.syn() && !tcp.ack()).then(|| tcp.src_port())
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("connections", &self.connections.len()).finish_non_exhaustive()
    }
}
