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
    pub fn new(tcp: Tcp, server: Program) -> Self {
        Self { tcp, server }
    }
}
