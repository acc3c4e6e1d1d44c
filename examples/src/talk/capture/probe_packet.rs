//! The probe's packets as they look on the wire.

use crate::sim::network::{CLIENT, PROBE_PAYLOAD, PROBE_SOURCE, PROBE_TARGET, SERVER};
use smoltcp::{
    phy::ChecksumCapabilities,
    wire::{IPV4_HEADER_LEN, IpProtocol, Ipv4Packet, Ipv4Repr, UDP_HEADER_LEN, UdpPacket},
};

/// Bytes of a packet on the wire.
pub const LENGTH: usize = IPV4_HEADER_LEN + UDP_HEADER_LEN + PROBE_PAYLOAD;

/// Bytes of it that are captured: the headers, and the packet's number (from 0, big endian).
pub(super) const CAPTURED: usize = IPV4_HEADER_LEN + UDP_HEADER_LEN + 8;

/// What is captured of a packet.
pub(super) type Head = [u8; CAPTURED];

/// The captured bytes of a packet that was sent, if it is one of the probe.
pub(super) fn head_of(packet: &[u8]) -> Option<Head> {
    let head = packet.first_chunk()?;
    (Ipv4Packet::new_unchecked(head).next_header() == IpProtocol::Udp).then_some(*head)
}

/// The captured bytes of a packet that was not sent, but only counted.
pub(super) fn head(number: u64) -> Head {
    let mut bytes = [0; CAPTURED];
    let header = Ipv4Repr {
        src_addr: SERVER,
        dst_addr: CLIENT,
        next_header: IpProtocol::Udp,
        payload_len: UDP_HEADER_LEN + PROBE_PAYLOAD,
        hop_limit: 64,
    };
    header.emit(&mut Ipv4Packet::new_unchecked(&mut bytes[..]), &ChecksumCapabilities::default());
    // Without a checksum, which IPv4 allows: its bytes stay 0.
    let mut udp = UdpPacket::new_unchecked(&mut bytes[IPV4_HEADER_LEN..]);
    udp.set_src_port(PROBE_SOURCE);
    udp.set_dst_port(PROBE_TARGET);
    udp.set_len((UDP_HEADER_LEN + PROBE_PAYLOAD) as u16);
    bytes[IPV4_HEADER_LEN + UDP_HEADER_LEN..].copy_from_slice(&number.to_be_bytes());
    bytes
}
