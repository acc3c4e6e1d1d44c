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
        if self.gives_up_at > now {
            return;
        }
        let (knobs, stack, leaving) = (&self.knobs, &mut self.stack, &mut self.leaving);
        self.connections.retain(|_, connection| {
            if connection.is_orphan && connection.endpoint.socket().can_recv() {
                // Data for a program that is gone: Linux answers with RST.
                connection.endpoint.socket_mut().abort();
                leaving.push(connection.endpoint.send(now, stack));
            }
            // Without RST, as Linux does it: the peer learns nothing.
            connection.gives_up_at(knobs).is_none_or(|at| at > now)
        });
    }
}

impl Connection {
    /// When [`Host::give_up`] forgets it, if nothing happens until then.
    pub(super) fn gives_up_at(&self, knobs: &Knobs) -> Option<Duration> {
        if self.is_half_open {
            return Some(self.since + knobs.half_open_give_up);
        }
        let since = self.endpoint.progress();
        self.is_orphan.then(|| match self.endpoint.socket().state() {
            State::Closed => Duration::ZERO,
            State::TimeWait => since + TIME_WAIT,
            _ => since + knobs.orphan_give_up,
        })
    }
}
