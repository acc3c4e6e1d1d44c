//! What is wrong with the network.

use super::lives::Lives;
use crate::sim::{
    network::{GilbertElliott, Network, Preset},
    random::{Purpose, Random},
};
use std::{fmt, time::Duration};

/// Why downloads break off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// Packets are lost in bursts, and the silence that follows is ended by the client.
    Loss,
    /// Each connection dies after so many bytes on average (exponentially distributed), as those do that pass through a
    /// proxy or from one cell to the next. Nothing is lost otherwise.
    Dies {
        /// The mean.
        every: u32,
    },
}

/// One packet in six is lost, two in a row on average.
const LOSS: GilbertElliott = GilbertElliott { p: 0.1, r: 0.5, bad_loss: 1.0, good_loss: 0.0 };

/// Without the probe: nothing else is on the wire, so that losses come in bursts as the chain has them.
pub(super) const PRESET: Preset = Preset::NoProbe;

/// Of each direction, where connections die. With a window of 16 KiB that is 0.8 MB/s; without any delay a transfer would
/// take no time, and all that a restart costs would be waits.
const DELAY: Duration = Duration::from_millis(10);

// ===== impl Trouble =====

impl Trouble {
    /// A network that has it.
    pub(super) fn network(self, seed: u64) -> Network {
        let mut knobs = PRESET.knobs();
        let loss = match self {
            Self::Loss => Some(LOSS),
            Self::Dies { .. } => {
                knobs.delay = DELAY;
                None
            }
        };
        Network::start(seed, loss, knobs)
    }

    /// How long the server's connections last.
    pub(super) fn lives(self, seed: u64) -> Lives {
        match self {
            Self::Loss => Lives::endless(),
            Self::Dies { every } => Lives::new(every, Random::new(seed, Purpose::Connections)),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loss => write!(f, "loss {LOSS} %"),
            Self::Dies { every } if *every < 1_000_000 => write!(f, "dies every {} kB", every / 1000),
            Self::Dies { every } => write!(f, "dies every {} MB", every / 1_000_000),
        }
    }
}
