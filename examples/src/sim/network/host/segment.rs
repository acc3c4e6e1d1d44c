//! What a TCP packet says, as far as our own rules need it. The stack itself reads its packets again.

use crate::sim::network::device::Packet;
use smoltcp::wire::{IPV4_HEADER_LEN, Ipv4Packet, TcpPacket, TcpSeqNumber};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Segment {
    pub(crate) source: u16,
    pub(crate) target: u16,
    pub(crate) syn: bool,
    pub(crate) starts: TcpSeqNumber,
    /// Where its sequence numbers end; SYN and FIN count as one each.
    pub(crate) ends: TcpSeqNumber,
    pub(crate) acknowledges: Option<TcpSeqNumber>,
    /// What it acknowledges behind gaps (RFC 2018).
    pub(crate) behind_gaps: [Option<(u32, u32)>; 3],
    pub(crate) window: u16,
    /// Bytes of data.
    pub(crate) data: usize,
}

impl Segment {
    /// `None` for what is no TCP.
    pub(crate) fn read(packet: &[u8]) -> Option<Self> {
        let ip = Ipv4Packet::new_checked(packet).ok()?;
        let tcp = TcpPacket::new_checked(ip.payload()).ok()?;
        let starts = tcp.seq_number();
        let behind_gaps = match tcp.options() {
            [] => [None; 3],
            _ => tcp.selective_ack_ranges().unwrap_or_default(),
        };
        Some(Self {
            source: tcp.src_port(),
            target: tcp.dst_port(),
            syn: tcp.syn(),
            starts,
            ends: starts + tcp.segment_len(),
            acknowledges: tcp.ack().then(|| tcp.ack_number()),
            behind_gaps,
            window: tcp.window_len(),
            data: tcp.payload().len(),
        })
    }

    /// Whether this is a client's first packet.
    pub(crate) fn opens(&self) -> bool {
        self.syn && self.acknowledges.is_none()
    }
}

/// Lets a packet that was sent before say what its host would say today. The stack drops what acknowledges less than
/// is acknowledged already.
pub(super) fn bring_up_to_date(packet: &mut Packet, acknowledges: TcpSeqNumber, window: u16) {
    let mut ip = Ipv4Packet::new_unchecked(packet);
    let (source, target) = (ip.src_addr().into(), ip.dst_addr().into());
    let mut tcp = TcpPacket::new_unchecked(ip.payload_mut());
    if tcp.ack() && !tcp.syn() && (tcp.ack_number(), tcp.window_len()) != (acknowledges, window) {
        tcp.set_ack_number(acknowledges);
        tcp.set_window_len(window);
        tcp.fill_checksum(&source, &target);
    }
}

/// The acknowledgement that a packet carries, without its data.
pub(super) fn bare(packet: &[u8]) -> Packet {
    let header = TcpPacket::new_unchecked(&packet[IPV4_HEADER_LEN..]).header_len();
    let length = IPV4_HEADER_LEN + usize::from(header);
    let mut bare = packet[..length].to_vec();
    let mut ip = Ipv4Packet::new_unchecked(&mut bare);
    // Less than the packet's, so it fits.
    ip.set_total_len(length as u16);
    ip.fill_checksum();
    let (source, target) = (ip.src_addr().into(), ip.dst_addr().into());
    let mut tcp = TcpPacket::new_unchecked(ip.payload_mut());
    tcp.set_psh(false);
    tcp.set_fin(false);
    tcp.fill_checksum(&source, &target);
    bare
}
