//! What `dumpcap` saw on the talk's host: the packets of a run, as a pcap file and as the talk's two CSV files.
//!
//! A [`Tap`] on the client's end of the wire takes down what the client sends and what reaches it; a packet that was
//! lost is missing, as in the talk. It draws no randomness and changes nothing, so a run with a tap is the run
//! without one.
//!
//! The probe is the exception: its packets are not simulated one by one (only how many of them passed), and there are
//! millions of them. `path` draws afterwards, from a stream of random numbers of its own, which of them were
//! lost: a sample path of the loss chain through all the states that the run is known to have had. Every packet of it
//! counts in [`Traffic`]; the files hold a share, the first packets of every tenth of a second, because neighbours
//! show the bursts where a thinner sample of single packets would not.

mod csv;
mod packets;
mod path;
mod pcap;
mod probe_packet;
mod traffic;

use self::{packets::Packet, path::Path};
pub use self::{probe_packet::LENGTH as PROBE_PACKET, traffic::Traffic};
pub use crate::sim::network::{LONGEST, MOST_BYTES, Tap};
use crate::sim::random::{Purpose, Random};
use std::time::Duration;

/// What was captured of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    packets: Vec<Packet>,
    traffic: Traffic,
    cut: bool,
}

impl Capture {
    /// Of a run with this seed that took so long; `share` (0..1) of the probe's packets are kept one by one.
    #[must_use]
    pub fn new(tap: &Tap, seed: u64, took: Duration, share: f64) -> Self {
        let recording = tap.take();
        let (end, cut) = (recording.end(took), recording.is_cut(took));
        let mut traffic = Traffic::new(end, recording.queue.is_some());
        let mut packets = Vec::new();
        if let Some(queue) = &recording.queue {
            let random = Random::new(seed, Purpose::ProbePath);
            for (number, lost) in Path::new(queue, queue.packets_until(end), random).enumerate() {
                let number = number as u64;
                let at = queue.leaves_at(number);
                if !lost {
                    traffic.add_probe(at, probe_packet::LENGTH);
                    if traffic::within_bin(at) < share {
                        packets.push(Packet::probe(at, number));
                    }
                }
            }
        }
        for (at, bytes) in recording.packets.into_iter().filter(|(at, _)| *at <= end) {
            let packet = Packet::passed(at, bytes);
            if packet.is_download() {
                traffic.add_download(at, packet.length());
            }
            packets.push(packet);
        }
        // Stable: the probe's packets of an instant passed before the decision about TCP's.
        packets.sort_by_key(Packet::at);
        Self { packets, traffic, cut }
    }

    /// `NAME.pcap`: classic pcap of IP packets (LINKTYPE_RAW), in microseconds since the start of the run.
    ///
    /// TCP's packets are whole. Of the probe's there are the headers and the packet's number.
    #[must_use]
    pub fn pcap(&self) -> Vec<u8> {
        pcap::file(&self.packets)
    }

    /// `NAME-probe.csv`: a row `time,length` for every packet of the probe in the capture.
    #[must_use]
    pub fn probe_csv(&self) -> String {
        csv::rows(self.packets.iter().filter(|packet| packet.is_probe()))
    }

    /// `NAME-download.csv`: a row `time,length` for every packet that arrived from the server's port 80.
    #[must_use]
    pub fn download_csv(&self) -> String {
        csv::rows(self.packets.iter().filter(|packet| packet.is_download()))
    }

    /// Bytes per tenth of a second, of every packet that arrived.
    #[must_use]
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Whether the run went on after the capture's end.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.cut
    }
}
