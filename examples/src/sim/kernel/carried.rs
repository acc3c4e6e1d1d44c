//! What the wire was given.

use crate::sim::network::BytesSent;
use std::time::Duration;

/// What a wire has carried or lost, from its start to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Carried {
    /// Bytes of TCP's packets.
    pub sent: BytesSent,
    /// Packets of the probe that stepped the chain, sent or counted.
    pub probe: u64,
    /// How long it was there.
    pub took: Duration,
}
