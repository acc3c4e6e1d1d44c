//! Giving up: handshakes that the client does not complete, and connections whose program is gone.

use super::Host;
use smoltcp::socket::tcp::{Socket, State};
use std::time::Duration;

impl Host {
    /// Gives up what has waited too long; true if that leaves something to send.
    pub(crate) fn give_up(&mut self, now: Duration) -> bool {
        if let Some(listening) = &mut self.listening {
            listening.give_up(now, self.knobs.half_open_give_up, &mut self.sockets);
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
        let patience = self.knobs.half_open_give_up;
        let half_open = self.listening.iter().filter_map(|listening| listening.gives_up_at(patience));
        let orphans = self.connections.values().filter(|connection| connection.orphan);
        let orphans = orphans.map(|connection| connection.progress.ends(self.knobs.orphan_give_up));
        half_open.chain(orphans).min()
    }
}
