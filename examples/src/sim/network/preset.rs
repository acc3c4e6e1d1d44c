//! Every setting of the simulated network, with its reason.

use clap::ValueEnum;
use std::time::Duration;

/// A named set of [`Knobs`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
#[non_exhaustive]
pub enum Preset {
    /// As in the talk: a UDP probe runs beside the downloads and steps the loss chain with them.
    #[default]
    Talk,
    /// The same without the probe: the chain only steps with TCP's own packets.
    NoProbe,
}

/// Whose packets can be lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lossy {
    /// The server's, as in the talk (its qdisc was on the server's interface).
    Server,
    /// The client's.
    Client,
    /// Both hosts', each by a chain of its own.
    Both,
}

/// The settings of a simulated network. Times are tokio's unless said otherwise.
///
/// The presets were compared with Linux 6.18 (two network namespaces, nginx, Python's `requests`): the root mean
/// square distance over `naive`, `timeout`, `retry` and `backoff`, each with and without the probe, is 5.6 points
/// of 100 over 200 seeds, most of it from `naive` without the probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Knobs {
    /// The least retransmission timeout of the TCP stacks: 180 ms, which is Linux's 200 ms but for a tenth.
    ///
    /// This is the one tuned number. smoltcp's own is a fixed second, so the stacks' clock runs faster than
    /// tokio's in this proportion. With 200 ms `timeout` comes out at 72 and `retry` at 80 of 100, with 150 ms at
    /// 82 and 87.
    pub least_rto: Duration,
    /// Largest IP packet in bytes: 1500, Ethernet's.
    pub mtu: usize,
    /// Delay of each direction in whole milliseconds (tokio's grain): none, as on the talk's container bridge.
    pub delay: Duration,
    /// Whose packets can be lost: the server's.
    pub lossy: Lossy,
    /// Packets a second of the UDP probe through the lossy queue: 10,000 (1,000 give the same figures).
    pub probe: Option<u32>,
    /// How long a connection that its program has closed goes on without progress before it is forgotten,
    /// silently: 33 s, in which eight retransmissions fit, as Linux's `tcp_orphan_retries` allows.
    pub orphan_give_up: Duration,
    /// How long a half-open connection waits for the handshake's end: 63 s, Linux's `tcp_synack_retries` = 5.
    pub half_open_give_up: Duration,
    /// How long a connection attempt lasts at most: 127 s, Linux's `tcp_syn_retries` = 6.
    pub connect_give_up: Duration,
    /// When a connection attempt fails if the network is off: 3 s, Linux's unanswered ARP.
    pub unreachable_after: Duration,
    /// How long the server keeps an idle connection: 65 s, nginx's setting in its packages.
    pub keep_alive: Duration,
    /// Bytes of a socket's buffer, each way: 16 KiB, twice the document. Larger ones only cost memory.
    pub buffer: usize,
}

impl Preset {
    /// The settings behind the name.
    #[must_use]
    pub fn knobs(self) -> Knobs {
        let probe = match self {
            Self::Talk => Some(10_000),
            Self::NoProbe => None,
        };
        Knobs {
            least_rto: Duration::from_millis(180),
            mtu: 1500,
            delay: Duration::ZERO,
            lossy: Lossy::Server,
            probe,
            orphan_give_up: Duration::from_secs(33),
            half_open_give_up: Duration::from_secs(63),
            connect_give_up: Duration::from_secs(127),
            unreachable_after: Duration::from_secs(3),
            keep_alive: Duration::from_secs(65),
            buffer: 16 * 1024,
        }
    }

    /// The name on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Talk => "talk",
            Self::NoProbe => "no-probe",
        }
    }
}

impl Lossy {
    pub(crate) fn server(self) -> bool {
        matches!(self, Self::Server | Self::Both)
    }

    pub(crate) fn client(self) -> bool {
        matches!(self, Self::Client | Self::Both)
    }
}
