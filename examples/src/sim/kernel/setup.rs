//! What runs over the kernel, besides the settings of the world.

use super::Tcp;
use clap::ValueEnum;

/// Whose server, over which TCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Setup {
    /// The kernel's settings.
    pub tcp: Tcp,
    /// The server's program.
    pub server: Program,
    /// Whether the probe's packets are sent, if the world has a probe.
    pub probing: Probing,
}

/// What stands for the probe's packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
#[non_exhaustive]
pub enum Probing {
    /// Their number: the chain is stepped by as many as the time since the packet before is worth.
    #[default]
    Formula,
    /// Packets: they are sent through the devices, which costs a ninth of a processor for each network.
    Real,
}

/// A server's program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
#[non_exhaustive]
pub enum Program {
    /// hyper's, in this process: head and body leave in one piece.
    #[default]
    Hyper,
    /// nginx, where it is installed, which never lies and sends the head as a packet of its own: one more to lose.
    Nginx,
}

impl Setup {
    /// With these.
    #[must_use]
    pub fn new(tcp: Tcp, server: Program, probing: Probing) -> Self {
        Self { tcp, server, probing }
    }
}
