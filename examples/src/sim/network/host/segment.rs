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
    let tcp = TcpPacket::new_unchecked(&packet[IPV4_HEADER_LEN..]);
    if tcp.ack() && !tcp.syn() && (tcp.ack_number(), tcp.window_len()) != (acknowledges, window) {
        change(packet, |tcp| {
            tcp.set_ack_number(acknowledges);
            tcp.set_window_len(window);
        });
    }
}

/// The acknowledgement that a packet carries, without its data.
pub(super) fn bare(packet: &[u8]) -> Packet {
    let data = TcpPacket::new_unchecked(&packet[IPV4_HEADER_LEN..]).payload().len();
    let mut bare = without_first(packet, data);
    change(&mut bare, |tcp| {
        tcp.set_seq_number(tcp.seq_number() - data);
        tcp.set_psh(false);
        tcp.set_fin(false);
    });
    bare
}

/// A packet without the first bytes of its data, as `tcp_trim_head` leaves it.
pub(super) fn without_first(packet: &[u8], bytes: usize) -> Packet {
    let header = TcpPacket::new_unchecked(&packet[IPV4_HEADER_LEN..]).header_len();
    let (headers, data) = packet.split_at(IPV4_HEADER_LEN + usize::from(header));
    let mut rest = [headers, data.get(bytes..).unwrap_or_default()].concat();
    // Shorter than the packet, so it fits.
    let length = rest.len() as u16;
    let mut ip = Ipv4Packet::new_unchecked(&mut rest);
    ip.set_total_len(length);
    ip.fill_checksum();
    change(&mut rest, |tcp| tcp.set_seq_number(tcp.seq_number() + bytes));
    rest
}

fn change(packet: &mut Packet, change: impl FnOnce(&mut TcpPacket<&mut [u8]>)) {
    let mut ip = Ipv4Packet::new_unchecked(packet);
    let (source, target) = (ip.src_addr().into(), ip.dst_addr().into());
    let mut tcp = TcpPacket::new_unchecked(ip.payload_mut());
    change(&mut tcp);
    tcp.fill_checksum(&source, &target);
}
