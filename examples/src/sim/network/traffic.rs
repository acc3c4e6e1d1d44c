//! What a run has put on the wire.

use std::{
    fmt,
    iter::Sum,
    ops::{Add, AddAssign},
};

/// What a network has carried; that of several runs adds up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Traffic {
    /// Connection attempts that connectors started, those that came to nothing included.
    pub connections: u64,
    /// What the client's host sent.
    pub client: Sent,
    /// What the server's host sent.
    pub server: Sent,
}

/// What a host has sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Sent {
    /// IP packets, lost and repeated ones included. The probe's are not among them.
    pub packets: u64,
    /// Packets that were lost. One counts once the time is over at which it would have arrived.
    pub lost: u64,
    /// Bytes of all packets, headers included.
    pub bytes: u64,
}

impl Traffic {
    /// The packets that were lost on either way.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.client.lost + self.server.lost
    }
}

impl Add for Traffic {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            connections: self.connections + other.connections,
            client: self.client + other.client,
            server: self.server + other.server,
        }
    }
}

impl Add for Sent {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            packets: self.packets + other.packets,
            lost: self.lost + other.lost,
            bytes: self.bytes + other.bytes,
        }
    }
}

impl AddAssign for Traffic {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Traffic {
    fn sum<I: Iterator<Item = Self>>(runs: I) -> Self {
        runs.fold(Self::default(), Add::add)
    }
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, client, server } = self;
        write!(f, "{connections} connection(s); the client sent {client}; the server sent {server}")
    }
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} packet(s), {} lost", self.packets, self.lost)
    }
}
