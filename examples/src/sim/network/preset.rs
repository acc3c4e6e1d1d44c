//! Every setting of the simulated network, with its reason.

use std::time::Duration;

/// A named set of [`Knobs`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
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

/// The settings of a simulated network. No number is fitted: each is Linux's, nginx's or the talk's.
///
/// The presets were compared with Linux 6.18, with nginx, over the same loss chain: over all stages, with and without
/// the probe, successes differ by 2 points of 100 (root mean square), and runs are a tenth shorter
/// (`examples/REALITY.md`). What is still not Linux:
///
/// - The round trip is twice the delay and not estimated, but for a client whose SYN was repeated.
/// - A recovery begins with one packet and grows as slow start does; Linux sends in proportion to what arrives
///   (PRR). No timeout is taken back when it turns out to have been spurious (F-RTO, DSACK), and nothing overtakes here.
/// - Above the threshold the window grows as cubic's does in small windows, where it follows Reno.
/// - Packets carry no timestamps, so that a full one has 1,460 bytes of data and not 1,448.
/// - Timers end to the microsecond; Linux's end up to an eighth later, the more the longer they run.
/// - A client that drops a connection resets it at once. Linux sends FIN, and RST when more arrives.
/// - A sender whose program waits repeats for ever; Linux gives up after a quarter of an hour (`tcp_retries2` = 15), which
///   the talk's runs do not reach.
/// - No delayed acknowledgements, and no ARP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Knobs {
    /// Largest IP packet in bytes: 1500, Ethernet's.
    pub mtu: usize,
    /// Delay of each direction in whole milliseconds (tokio's grain): 1 ms. The talk's container bridge has less, but
    /// without any, whole exchanges would pass between two packets of the probe.
    pub delay: Duration,
    /// Whose packets can be lost: the server's.
    pub lossy: Lossy,
    /// Packets a second of the UDP probe through the lossy queue: 10,000 (1,000 give the same figures).
    pub probe: Option<u32>,
    /// How long a connection that its program has closed goes on without progress before it is forgotten, silently:
    /// 102 s, in which nine retransmissions fit (0.2 s, doubled), of which `tcp_orphan_retries` allows eight.
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
            mtu: 1500,
            delay: Duration::from_millis(1),
            lossy: Lossy::Server,
            probe,
            orphan_give_up: Duration::from_secs(102),
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
