//! A TCP socket, set up as the talk's hosts have it.

use crate::sim::network::preset::Knobs;
use smoltcp::{
    iface::{SocketHandle, SocketSet},
    socket::tcp::{CongestionControl, Socket, SocketBuffer},
};

pub(super) fn new(knobs: &Knobs) -> Socket<'static> {
    let buffer = || SocketBuffer::new(vec![0; knobs.buffer]);
    let mut socket = Socket::new(buffer(), buffer());
    // Without congestion control the figures were insensitive to the probe: a sign of a fit, not a model.
    socket.set_congestion_control(CongestionControl::Reno);
    // nginx sets TCP_NODELAY; Nagle's algorithm costs ten points.
    socket.set_nagle_enabled(false);
    socket.set_ack_delay(None);
    socket
}

pub(super) fn listening(sockets: &mut SocketSet<'static>, knobs: &Knobs, port: u16) -> SocketHandle {
    let mut socket = new(knobs);
    // Fails for port 0 or an open socket only; then every connection is refused.
    let _ = socket.listen(port);
    sockets.add(socket)
}
