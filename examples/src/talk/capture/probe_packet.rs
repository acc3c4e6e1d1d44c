//! The probe's packets as they look on the wire.

use crate::sim::network::{CLIENT, SERVER};
use smoltcp::{
    phy::ChecksumCapabilities,
    wire::{IPV4_HEADER_LEN, IpProtocol, Ipv4Packet, Ipv4Repr, UDP_HEADER_LEN, UdpPacket},
};

/// The port that the talk's probe was sent to.
const TARGET: u16 = 65_535;
/// Any port will do; this one is the first that RFC 6335 leaves to programs.
const SOURCE: u16 = 49_152;

const PAYLOAD: usize = 1_024;

/// Bytes of a packet on the wire: 1 KiB behind the headers, so that one packet is one step of the chain. (The talk
/// does not say; `nc` sends what one `read` gave it, and what is longer than the MTU leaves in several packets.)
pub const LENGTH: usize = IPV4_HEADER_LEN + UDP_HEADER_LEN + PAYLOAD;

/// Bytes of it that are captured: the headers, and the packet's number (from 0, big endian).
pub(super) const CAPTURED: usize = IPV4_HEADER_LEN + UDP_HEADER_LEN + 8;

/// The captured bytes of a packet.
pub(super) fn head(number: u64) -> [u8; CAPTURED] {
    let mut bytes = [0; CAPTURED];
    let header = Ipv4Repr {
        src_addr: SERVER,
        dst_addr: CLIENT,
        next_header: IpProtocol::Udp,
        payload_len: UDP_HEADER_LEN + PAYLOAD,
        hop_limit: 64,
    };
    header.emit(&mut Ipv4Packet::new_unchecked(&mut bytes[..]), &ChecksumCapabilities::default());
    // Without a checksum, which IPv4 allows: its bytes stay 0.
    let mut udp = UdpPacket::new_unchecked(&mut bytes[IPV4_HEADER_LEN..]);
    udp.set_src_port(SOURCE);
    udp.set_dst_port(TARGET);
    udp.set_len((UDP_HEADER_LEN + PAYLOAD) as u16);
    bytes[IPV4_HEADER_LEN + UDP_HEADER_LEN..].copy_from_slice(&number.to_be_bytes());
    bytes
}
