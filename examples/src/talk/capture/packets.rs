//! A captured packet.

use super::probe_packet::{self, Head};
use smoltcp::wire::{IpProtocol, Ipv4Packet, TcpPacket};
use std::time::Duration;

/// The port of the server.
const HTTP: u16 = 80;

/// One packet of the capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Packet {
    at: Duration,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// A packet of the probe.
    Probe(Head),
    /// A whole IP packet, and whether it came from the server.
    Tcp { bytes: Vec<u8>, download: bool },
}

impl Packet {
    /// One that was not sent, but only counted, by its number.
    pub(super) fn probe(at: Duration, number: u64) -> Self {
        Self { at, kind: Kind::Probe(probe_packet::head(number)) }
    }

    /// One that passed the tap.
    pub(super) fn passed(at: Duration, bytes: Vec<u8>) -> Self {
        if let Some(head) = probe_packet::head_of(&bytes) {
            return Self { at, kind: Kind::Probe(head) };
        }
        let download = source_port(&bytes) == Some(HTTP);
        Self { at, kind: Kind::Tcp { bytes, download } }
    }

    /// When it passed, since the start of the run.
    pub(super) fn at(&self) -> Duration {
        self.at
    }

    /// Its length on the wire.
    pub(super) fn length(&self) -> usize {
        match &self.kind {
            Kind::Probe(_) => probe_packet::LENGTH,
            Kind::Tcp { bytes, .. } => bytes.len(),
        }
    }

    pub(super) fn is_probe(&self) -> bool {
        matches!(self.kind, Kind::Probe(_))
    }

    pub(super) fn is_download(&self) -> bool {
        matches!(self.kind, Kind::Tcp { download: true, .. })
    }

    /// Hands over the bytes that were captured.
    pub(super) fn with_bytes<T>(&self, write: impl FnOnce(&[u8]) -> T) -> T {
        match &self.kind {
            Kind::Probe(head) => write(head),
            Kind::Tcp { bytes, .. } => write(bytes),
        }
    }
}

fn source_port(packet: &[u8]) -> Option<u16> {
    let ip = Ipv4Packet::new_checked(packet).ok()?;
    let tcp = (ip.next_header() == IpProtocol::Tcp).then(|| TcpPacket::new_checked(ip.payload()).ok())??;
    Some(tcp.src_port())
}
