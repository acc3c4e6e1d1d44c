//! The programs' side of a host: what they ask of it, as by system calls.

use super::{Endpoint, FIRST_CLIENT_PORT, Host, Name, listening::Listening};
use crate::sim::network::connection::Connection;
use smoltcp::{socket::tcp::State, wire::Ipv4Address};
use std::{
    io,
    task::{Context, Poll},
    time::Duration,
};

impl Host {
    /// Listens on a port.
    pub(crate) fn listen(&mut self, port: u16) {
        self.listening = Some(Listening::new(port));
    }

    pub(crate) fn poll_accept(&mut self, cx: &Context<'_>) -> Poll<io::Result<Name>> {
        match &mut self.listening {
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
            Some(listening) => listening.poll_accept(cx).map(Ok),
        }
    }

    /// Starts a connection.
    pub(crate) fn connect(&mut self, now: Duration, server: (Ipv4Address, u16)) -> io::Result<Name> {
        let name = self.free_port()?;
        let mut endpoint = Endpoint::new(now, &self.knobs);
        endpoint
            .socket_mut()
            .connect(self.stack.interface.context(), server, name)
            .map_err(|error| io::Error::new(io::ErrorKind::AddrNotAvailable, error))?;
        self.connections.insert(name, Connection::new(now, endpoint));
        self.send(now, name);
        Ok(name)
    }

    /// Waits for the handshake; a refused connection is an error of that kind.
    pub(crate) fn poll_connected(&mut self, name: Name, cx: &Context<'_>) -> Poll<io::Result<()>> {
        let Some(connection) = self.connections.get_mut(&name) else {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        };
        match (connection.was_established, connection.endpoint.socket().is_open()) {
            (true, _) => Poll::Ready(Ok(())),
            (false, false) => Poll::Ready(Err(io::ErrorKind::ConnectionRefused.into())),
            (false, true) => connection.writer.wait(cx),
        }
    }

    /// Forgets a connection attempt without a word on the wire.
    pub(crate) fn abandon(&mut self, name: Name) {
        self.connections.remove(&name);
    }

    pub(crate) fn poll_read(
        &mut self,
        now: Duration,
        name: Name,
        cx: &Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let Some(connection) = self.connections.get_mut(&name) else {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        };
        let socket = connection.endpoint.socket_mut();
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
                // There is room again: the peer may have to be told.
                self.send(now, name);
                Poll::Ready(Ok(length))
            }
            Err(_) => Poll::Ready(Ok(0)),
        }
    }

    pub(crate) fn poll_write(
        &mut self,
        now: Duration,
        name: Name,
        cx: &Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Some(connection) = self.connections.get_mut(&name) else {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        };
        let socket = connection.endpoint.socket_mut();
        match socket.send_slice(data) {
            Ok(0) if !data.is_empty() => connection.writer.wait(cx),
            Ok(length) => {
                connection.written += length as u64;
                connection.unanswered = true;
                self.send(now, name);
                Poll::Ready(Ok(length))
            }
            Err(_) if socket.state() == State::Closed => {
                Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
            }
            Err(_) => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    /// The program will write no more: FIN, once everything before it is sent.
    pub(crate) fn shut_down(&mut self, now: Duration, name: Name) {
        if let Some(connection) = self.connections.get_mut(&name) {
            connection.endpoint.socket_mut().close();
            self.send(now, name);
        }
    }

    /// The program's last word: FIN, or RST if `rudely` or if data lies unread (as Linux does).
    pub(crate) fn close(&mut self, now: Duration, name: Name, rudely: bool) {
        let Some(connection) = self.connections.get_mut(&name) else { return };
        let socket = connection.endpoint.socket_mut();
        if rudely || socket.can_recv() {
            socket.abort();
        } else {
            socket.close();
        }
        self.send(now, name);
    }

    /// The program has dropped its end; the host sees the connection to its end.
    pub(crate) fn orphan(&mut self, name: Name) {
        if let Some(connection) = self.connections.get_mut(&name) {
            connection.is_orphan = true;
            self.gives_up_at = Duration::ZERO;
        }
    }

    fn free_port(&mut self) -> io::Result<Name> {
        for _ in FIRST_CLIENT_PORT..=Name::MAX {
            let port = self.next_port;
            self.next_port = port.checked_add(1).unwrap_or(FIRST_CLIENT_PORT);
            if !self.connections.contains_key(&port) {
                return Ok(port);
            }
        }
        Err(io::ErrorKind::AddrNotAvailable.into())
    }
}
