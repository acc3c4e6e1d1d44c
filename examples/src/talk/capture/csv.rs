//! The talk's `time,length`, one row a packet.

use super::packets::Packet;
use std::fmt::Write;

pub(super) fn rows<'a>(packets: impl Iterator<Item = &'a Packet>) -> String {
    let mut text = String::new();
    for packet in packets {
        let at = packet.at();
        // Microseconds, as in the pcap file. Writing to a string cannot fail.
        let _ = writeln!(text, "{}.{:06},{}", at.as_secs(), at.subsec_micros(), packet.length());
    }
    text
}
