//! Giving up: handshakes that the client does not complete, and connections whose program is gone.

use super::Host;
use crate::sim::network::{connection::Connection, preset::Knobs};
use smoltcp::socket::tcp::State;
use std::time::Duration;

/// `TCP_TIMEWAIT_LEN`.
const TIME_WAIT: Duration = Duration::from_secs(60);

impl Host {
    /// Gives up what has waited too long.
    pub(crate) fn give_up(&mut self, now: Duration) {
        let (knobs, stack, leaving) = (&self.knobs, &mut self.stack, &mut self.leaving);
        self.connections.retain(|_, connection| {
            if connection.is_orphan && connection.endpoint.socket().can_recv() {
                // Data for a program that is gone: Linux answers with RST.
                connection.endpoint.socket_mut().abort();
                leaving.push(connection.endpoint.send(now, stack));
            }
            // Without RST, as Linux does it: the peer learns nothing.
            gives_up_at(connection, knobs).is_none_or(|at| at > now)
        });
    }

    /// When [`Host::give_up`] will have something to do.
    pub(crate) fn gives_up_at(&self) -> Option<Duration> {
        self.connections.values().filter_map(|connection| gives_up_at(connection, &self.knobs)).min()
    }
}

fn gives_up_at(connection: &Connection, knobs: &Knobs) -> Option<Duration> {
    if connection.is_half_open {
        return Some(connection.since + knobs.half_open_give_up);
    }
    let since = connection.endpoint.progress();
    connection.is_orphan.then(|| match connection.endpoint.socket().state() {
        State::Closed => Duration::ZERO,
        State::TimeWait => since + TIME_WAIT,
        _ => since + knobs.orphan_give_up,
    })
}
