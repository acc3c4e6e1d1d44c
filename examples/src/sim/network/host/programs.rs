//! The programs' side of a host: what they ask of it, as by system calls.

use super::{FIRST_CLIENT_PORT, Host, listening::Listening, socket};
use crate::sim::network::connection::Connection;
use smoltcp::{
    iface::SocketHandle,
    socket::tcp::{Socket, State},
    wire::Ipv4Address,
};
use std::{
    io,
    task::{Context, Poll},
    time::Duration,
};

impl Host {
    /// Listens on a port.
    pub(crate) fn listen(&mut self, port: u16) {
        self.listening = Some(Listening::new(port, &mut self.sockets, &self.knobs));
    }

    pub(crate) fn poll_accept(&mut self, cx: &Context<'_>) -> Poll<io::Result<SocketHandle>> {
        match &mut self.listening {
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
            Some(listening) => listening.poll_accept(cx).map(Ok),
        }
    }

    /// Starts a connection.
    pub(crate) fn connect(&mut self, now: Duration, server: (Ipv4Address, u16)) -> io::Result<SocketHandle> {
        let port = self.free_port()?;
        let mut socket = socket::new(&self.knobs);
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
