//! The classic pcap format: a header of 24 bytes, and 16 bytes before each packet
//! (<https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-06.html>).

use super::packets::Packet;

/// Timestamps in microseconds; written in this machine-independent order: little endian.
const MAGIC: u32 = 0xA1B2_C3D4;
const VERSION: [u16; 2] = [2, 4];
/// The longest packet that may follow.
const SNAPLEN: u32 = 65_535;
/// Packets begin with their IP header.
const LINKTYPE_RAW: u32 = 101;

/// The file's bytes.
pub(super) fn file(packets: &[Packet]) -> Vec<u8> {
    let mut file = Vec::new();
    file.extend(MAGIC.to_le_bytes());
    VERSION.iter().for_each(|part| file.extend(part.to_le_bytes()));
    // Two fields that are always 0.
    file.extend([0; 8]);
    file.extend(SNAPLEN.to_le_bytes());
    file.extend(LINKTYPE_RAW.to_le_bytes());
    for packet in packets {
        packet.with_bytes(|bytes| {
            let at = packet.at();
            let seconds = at.as_secs() as u32;
            for field in [seconds, at.subsec_micros(), bytes.len() as u32, packet.length() as u32] {
                file.extend(field.to_le_bytes());
            }
            file.extend(bytes);
        });
    }
    file
}
