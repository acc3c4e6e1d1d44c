//! The simulated network: two hosts with TCP stacks of their own, joined by a wire that loses packets.
//!
//! One driver task owns both stacks. Streams, the listener and connectors reach them through one mutex that is
//! never held over an await, and wake the driver after everything they do. Time is tokio's paused clock.
//!
//! ```text
//! hyper-util client     hyper server
//!   Connector             Listener
//!     Stream                Stream
//!       Host (smoltcp)        Host (smoltcp)
//!         Wire to the server ->
//!         <- Wire to the client: Gilbert-Elliott loss, stepped by the probe too
//! ```
//!
//! smoltcp makes packets and takes them in. What is sent again and when, and how much may be under way, is Linux's and
//! lives in `host/`: `timer.rs` (retransmission timeout, tail loss probe), `flight.rs` (SACK and RACK), `window.rs`
//! (cubic). [`Preset`] says what is still not Linux.

mod account;
mod connection;
mod connector;
mod device;
mod driver;
mod host;
mod link;
mod listener;
mod loss;
mod meter;
mod preset;
mod probe;
mod serve;
mod shared;
mod stream;
mod tap;
mod traffic;

use self::{
    account::Account,
    host::Host,
    link::{LossyQueue, Wire},
    meter::Meter,
    shared::{Hosts, Shared},
};
pub use self::{
    connector::Connector,
    listener::Listener,
    loss::{Chain, GilbertElliott, ParseLossError},
    preset::{Knobs, Lossy, Preset},
    probe::Probe,
    stream::Stream,
    tap::{LONGEST, MOST_BYTES, Tap},
    traffic::{Sent, Traffic},
};
pub(crate) use self::{
    host::LEAST as LEAST_TIMEOUT,
    probe::{PROBE_PAYLOAD, PROBE_SOURCE, PROBE_TARGET},
    stream::Silence,
    tap::{Decision, QueueLog},
};
use crate::sim::random::{Purpose, Random};
use smoltcp::wire::Ipv4Address;
use std::sync::Arc;

pub(crate) const CLIENT: Ipv4Address = Ipv4Address::new(10, 0, 0, 1);
pub(crate) const SERVER: Ipv4Address = Ipv4Address::new(10, 0, 0, 2);

/// What the two hosts have put on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct BytesSent {
    /// The server.
    pub server: u64,
    /// The client.
    pub client: u64,
}

/// A running network; clones are the same network.
#[derive(Debug, Clone)]
pub struct Network {
    shared: Arc<Shared>,
    account: Arc<Account>,
    knobs: Knobs,
    off: bool,
}

impl Network {
    /// Builds the network and starts its driver; within a tokio runtime with a paused clock.
    #[must_use]
    pub fn start(seed: u64, loss: Option<GilbertElliott>, knobs: Knobs) -> Self {
        Self::start_tapped(seed, loss, knobs, None)
    }

    /// The same, with its packets taken down.
    #[must_use]
    pub fn start_tapped(seed: u64, loss: Option<GilbertElliott>, knobs: Knobs, tap: Option<Tap>) -> Self {
        let queue = |lossy, purpose| LossyQueue::of(lossy, loss, &knobs, seed, purpose);
        let to_client = queue(knobs.lossy.server(), Purpose::ServerLoss);
        let to_client = to_client.map(|queue| queue.tapped(tap.clone()));
        let hosts = Hosts {
            client: Host::new(CLIENT, knobs, Random::new(seed, Purpose::ClientStack)),
            server: Host::new(SERVER, knobs, Random::new(seed, Purpose::ServerStack)),
            to_client: Wire::new(knobs.delay, to_client),
            to_server: Wire::new(knobs.delay, queue(knobs.lossy.client(), Purpose::ClientLoss)),
            client_meter: Meter::new(knobs.delay),
            server_meter: Meter::new(knobs.delay),
            tap,
        };
        let shared = Shared::new(hosts);
        tokio::spawn(driver::drive(Arc::clone(&shared)));
        Self { shared, account: Arc::default(), knobs, off: loss.is_some_and(|loss| loss.is_total()) }
    }

    /// Listens on a port of the server.
    ///
    /// # Panics
    /// If the server listens already: it has one listening port, and one listener.
    #[must_use]
    pub fn listen(&self, port: u16) -> Listener {
        assert!(self.account.listens(), "the simulated server listens already, and has one port");
        Listener::bind(Arc::clone(&self.shared), port)
    }

    /// Connects from the client's host: what a client is built over.
    #[must_use]
    pub fn connector(&self) -> Connector {
        Connector::new(self.clone())
    }

    /// The settings of this network.
    #[must_use]
    pub fn knobs(&self) -> &Knobs {
        &self.knobs
    }

    /// Whether every packet is lost. The client then learns it from ARP: the host is unreachable.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.off
    }

    /// Bytes of the IP packets that either host has sent so far, lost and repeated ones included.
    #[must_use]
    pub fn bytes_sent(&self) -> BytesSent {
        let hosts = self.shared.hosts();
        BytesSent { server: hosts.to_client.sent(), client: hosts.to_server.sent() }
    }

    /// What this network has carried so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        let hosts = self.shared.hosts();
        let sent = |meter: &Meter, wire: &Wire| Sent {
            packets: meter.sent(),
            lost: meter.lost(),
            bytes: wire.sent(),
        };
        Traffic {
            connections: self.account.connections(),
            client: sent(&hosts.client_meter, &hosts.to_server),
            server: sent(&hosts.server_meter, &hosts.to_client),
        }
    }

    pub(crate) fn account(&self) -> &Arc<Account> {
        &self.account
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}
