//! A simulated host: a smoltcp stack, its device, and what an operating system adds to them: an accept queue,
//! orphaned connections, and giving up.

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    task::{Context, Poll},
    time::Duration,
};

use smoltcp::{
    iface::{Config, Interface, PollIngressSingleResult, PollResult, SocketHandle, SocketSet},
    socket::tcp::{CongestionControl, Socket, SocketBuffer, State},
    time::Instant as StackInstant,
    wire::{HardwareAddress, IpAddress, IpCidr, Ipv4Address, Ipv4Packet, TcpPacket},
};

use super::{
    connection::{Connection, Waiter},
    device::Device,
    preset::Knobs,
};
use crate::random::Random;

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

/// What listens on a port: one free socket, those in the handshake, and those to be accepted.
struct Listening {
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

    // ===== the stack's side =====

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
            self.look_at_handshakes(now);
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

    /// Gives up what has waited too long; true if that leaves something to send.
    pub(crate) fn give_up(&mut self, now: Duration) -> bool {
        if let Some(listening) = &mut self.listening {
            let (patience, sockets) = (self.knobs.half_open_give_up, &mut self.sockets);
            listening.half_open.retain(|half_open| {
                let keep = half_open.since + patience > now;
                if !keep {
                    sockets.remove(half_open.handle);
                }
                keep
            });
        }
        let (patience, sockets) = (self.knobs.orphan_give_up, &mut self.sockets);
        let mut to_send = false;
        self.connections.retain(|&handle, connection| {
            if !connection.orphan {
                return true;
            }
            let socket = sockets.get_mut::<Socket<'_>>(handle);
            if socket.can_recv() && socket.state() != State::Closed {
                // Data for a program that is gone: Linux answers with RST.
                socket.abort();
                to_send = true;
            }
            // A closed socket with a remote endpoint has yet to send its RST.
            let gone = socket.state() == State::Closed && socket.remote_endpoint().is_none();
            let waiting = !matches!(socket.state(), State::Closed | State::TimeWait);
            // Without RST, as Linux does it: the peer learns nothing.
            let hopeless = waiting && connection.progress.ends(patience) <= now;
            if gone || hopeless {
                sockets.remove(handle);
            }
            !(gone || hopeless)
        });
        to_send
    }

    /// When [`Host::give_up`] will have something to do.
    pub(crate) fn gives_up_at(&self) -> Option<Duration> {
        let half_open = self.listening.iter().flat_map(|listening| &listening.half_open);
        let half_open = half_open.map(|half_open| half_open.since + self.knobs.half_open_give_up);
        let orphans = self.connections.values().filter(|connection| connection.orphan);
        let orphans = orphans.map(|connection| connection.progress.ends(self.knobs.orphan_give_up));
        half_open.chain(orphans).min()
    }

    /// Drops arrived SYNs of connections that are known, as a socket in the handshake ignores them; the free
    /// socket would take the connection a second time.
    fn ignore_repeated_syn(&mut self) {
        while let Some(port) = self.device.arrived.front().and_then(|packet| opening_port(packet)) {
            let half_open = self.listening.iter().flat_map(|listening| &listening.half_open);
            let known = half_open.map(|half_open| half_open.client_port).any(|known| known == port)
                || self.connections.values().any(|connection| connection.client_port == port);
            if !known {
                return;
            }
            self.device.arrived.pop_front();
        }
    }

    fn look_at_handshakes(&mut self, now: Duration) {
        let Some(listening) = &mut self.listening else { return };
        let (sockets, connections) = (&mut self.sockets, &mut self.connections);
        let socket = sockets.get::<Socket<'_>>(listening.free);
        if let (false, Some(remote)) = (socket.is_listening(), socket.remote_endpoint()) {
            listening.half_open.push(HalfOpen {
                handle: listening.free,
                client_port: remote.port,
                since: now,
            });
            listening.free = listen(sockets, &self.knobs, listening.port);
        }
        listening.half_open.retain(|half_open| match sockets.get::<Socket<'_>>(half_open.handle).state() {
            State::SynReceived => true,
            // The client reset the handshake: smoltcp turns the socket back into a listening one.
            State::Listen | State::Closed => {
                sockets.remove(half_open.handle);
                false
            }
            _ => {
                connections.insert(half_open.handle, Connection::new(now, half_open.client_port));
                listening.accepted.push_back(half_open.handle);
                listening.acceptor.wake();
                false
            }
        });
    }

    fn observe(&mut self, now: Duration) {
        for (&handle, connection) in &mut self.connections {
            connection.observe(now, self.sockets.get(handle));
        }
    }

    // ===== the programs' side =====

    /// Listens on a port.
    pub(crate) fn listen(&mut self, port: u16) {
        let free = listen(&mut self.sockets, &self.knobs, port);
        self.listening = Some(Listening {
            port,
            free,
            half_open: Vec::new(),
            accepted: VecDeque::new(),
            acceptor: Waiter::default(),
        });
    }

    pub(crate) fn poll_accept(&mut self, cx: &Context<'_>) -> Poll<io::Result<SocketHandle>> {
        match &mut self.listening {
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
            Some(listening) => match listening.accepted.pop_front() {
                Some(handle) => Poll::Ready(Ok(handle)),
                None => listening.acceptor.wait(cx),
            },
        }
    }

    /// Starts a connection.
    pub(crate) fn connect(&mut self, now: Duration, server: (Ipv4Address, u16)) -> io::Result<SocketHandle> {
        let port = self.free_port()?;
        let mut socket = new_socket(&self.knobs);
        socket
            .connect(self.interface.context(), server, port)
            .map_err(|error| io::Error::new(io::ErrorKind::AddrNotAvailable, error))?;
        let handle = self.sockets.add(socket);
        self.connections.insert(handle, Connection::new(now, port));
        Ok(handle)
    }

    /// Waits for the handshake; a refused connection is an error of that kind.
    pub(crate) fn poll_connected(&mut self, handle: SocketHandle, cx: &Context<'_>) -> Poll<io::Result<()>> {
        let Some(connection) = self.connections.get_mut(&handle) else {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        };
        let open = self.sockets.get::<Socket<'_>>(handle).is_open();
        match (connection.was_established, open) {
            (true, _) => Poll::Ready(Ok(())),
            (false, false) => Poll::Ready(Err(io::ErrorKind::ConnectionRefused.into())),
            (false, true) => connection.writer.wait(cx),
        }
    }

    /// Forgets a connection attempt without a word on the wire.
    pub(crate) fn abandon(&mut self, handle: SocketHandle) {
        if self.connections.remove(&handle).is_some() {
            self.sockets.remove(handle);
        }
    }

    pub(crate) fn poll_read(
        &mut self,
        handle: SocketHandle,
        cx: &Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let Some(connection) = self.connections.get_mut(&handle) else {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        };
        let socket = self.sockets.get_mut::<Socket<'_>>(handle);
        if !socket.may_recv() {
            // A FIN ends the stream; anything else that closes the socket is a reset.
            return Poll::Ready(match socket.state() {
                State::Closed => Err(io::ErrorKind::ConnectionReset.into()),
                _ => Ok(0),
            });
        }
        match socket.recv_slice(buffer) {
            Ok(0) if !buffer.is_empty() => connection.reader.wait(cx),
            Ok(length) => {
                connection.read += length as u64;
                connection.unanswered = false;
                Poll::Ready(Ok(length))
            }
            Err(_) => Poll::Ready(Ok(0)),
        }
    }

    pub(crate) fn poll_write(
        &mut self,
        now: Duration,
        handle: SocketHandle,
        cx: &Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Some(connection) = self.connections.get_mut(&handle) else {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        };
        let socket = self.sockets.get_mut::<Socket<'_>>(handle);
        match socket.send_slice(data) {
            Ok(0) if !data.is_empty() => connection.writer.wait(cx),
            Ok(length) => {
                connection.written += length as u64;
                connection.unanswered = true;
                connection.observe(now, socket);
                Poll::Ready(Ok(length))
            }
            Err(_) if socket.state() == State::Closed => {
                Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
            }
            Err(_) => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    /// The program will write no more: FIN, once everything before it is sent.
    pub(crate) fn shut_down(&mut self, now: Duration, handle: SocketHandle) {
        if let Some(connection) = self.connections.get_mut(&handle) {
            self.sockets.get_mut::<Socket<'_>>(handle).close();
            connection.progress.restart(now);
        }
    }

    /// The program's last word: FIN, or RST if `rudely` or if data lies unread (as Linux does).
    pub(crate) fn close(&mut self, now: Duration, handle: SocketHandle, rudely: bool) {
        let Some(connection) = self.connections.get_mut(&handle) else { return };
        let socket = self.sockets.get_mut::<Socket<'_>>(handle);
        if rudely || socket.can_recv() {
            socket.abort();
        } else {
            socket.close();
        }
        connection.progress.restart(now);
    }

    /// The program has dropped its end; the host sees the connection to its end.
    pub(crate) fn orphan(&mut self, handle: SocketHandle) {
        if let Some(connection) = self.connections.get_mut(&handle) {
            connection.orphan = true;
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

    fn free_port(&mut self) -> io::Result<u16> {
        for _ in FIRST_CLIENT_PORT..=u16::MAX {
            let port = self.next_port;
            self.next_port = port.checked_add(1).unwrap_or(FIRST_CLIENT_PORT);
            if self.connections.values().all(|connection| connection.client_port != port) {
                return Ok(port);
            }
        }
        Err(io::ErrorKind::AddrNotAvailable.into())
    }
}

fn new_socket(knobs: &Knobs) -> Socket<'static> {
    let buffer = || SocketBuffer::new(vec![0; knobs.buffer]);
    let mut socket = Socket::new(buffer(), buffer());
    // Without congestion control the figures were insensitive to the probe: a sign of a fit, not a model.
    socket.set_congestion_control(CongestionControl::Reno);
    // nginx sets TCP_NODELAY; Nagle's algorithm costs ten points.
    socket.set_nagle_enabled(false);
    socket.set_ack_delay(None);
    socket
}

fn listen(sockets: &mut SocketSet<'static>, knobs: &Knobs, port: u16) -> SocketHandle {
    let mut socket = new_socket(knobs);
    // Fails for port 0 or an open socket only; then every connection is refused.
    let _ = socket.listen(port);
    sockets.add(socket)
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
