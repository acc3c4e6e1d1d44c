//! The wire between the hosts: delay, and the loss of one or both directions.

use super::{
    device::{Burst, Packet},
    host::Segment,
    loss::{Chain, GilbertElliott},
    preset::Knobs,
    probe::Probe,
};
use crate::sim::{
    network::Tap,
    random::{Purpose, Random},
};
use std::{collections::VecDeque, time::Duration};

/// One direction: packets enter at one host's device and come out at the other's.
#[derive(Debug)]
pub(crate) struct Wire {
    delay: Duration,
    queue: Option<LossyQueue>,
    in_flight: VecDeque<(Duration, Packet)>,
    sent: u64,
}

/// The sender's queue with its loss chain.
#[derive(Debug)]
pub(crate) struct LossyQueue {
    chain: Chain,
    probe: Option<Probe>,
    random: Random,
    tap: Option<Tap>,
}

impl Wire {
    pub(crate) fn new(delay: Duration, queue: Option<LossyQueue>) -> Self {
        Self { delay, queue, in_flight: VecDeque::new(), sent: 0 }
    }

    /// Takes what a host sends at this moment.
    ///
    /// Data packets of one length that follow each other in a burst share one decision, because netem sees them as
    /// one buffer that is cut into packets behind it (segmentation offload). One of another length, such as the last
    /// of a write, is a buffer of its own.
    pub(crate) fn send(&mut self, now: Duration, bursts: &mut Vec<Burst>) {
        for burst in bursts.drain(..) {
            let mut decided: Option<(usize, bool)> = None;
            for packet in burst {
                self.sent += packet.len() as u64;
                let length = Segment::read(&packet).map_or(0, |segment| segment.data);
                let lost = match (&mut self.queue, decided) {
                    (None, _) => false,
                    (Some(_), Some((same, lost))) if length == same => lost,
                    (Some(queue), _) => {
                        let lost = queue.loses(now);
                        decided = (length > 0).then_some((length, lost));
                        lost
                    }
                };
                if !lost {
                    self.in_flight.push_back((now + self.delay, packet));
                }
            }
        }
    }

    /// Hands over what has arrived by now.
    pub(crate) fn deliver(&mut self, now: Duration, arrived: &mut VecDeque<Packet>) {
        while let Some((_, packet)) = self.in_flight.pop_front_if(|(due, _)| *due <= now) {
            arrived.push_back(packet);
        }
    }

    /// Bytes of all IP packets that entered, lost ones included.
    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    /// When the next packet arrives.
    pub(crate) fn next(&self) -> Option<Duration> {
        self.in_flight.front().map(|(due, _)| *due)
    }
}

impl LossyQueue {
    pub(crate) fn new(model: GilbertElliott, knobs: &Knobs, mut random: Random) -> Self {
        let probe = knobs.probe.map(Probe::new);
        // The talk's probe had run for a while when the first download began; without it the chain is new.
        let chain = match probe {
            Some(_) => Chain::stationary(model, &mut random),
            None => Chain::good(model),
        };
        Self { chain, probe, random, tap: None }
    }

    /// Lets a capture know the chain's states, where a probe runs.
    pub(crate) fn tapped(mut self, tap: Option<Tap>) -> Self {
        if let (Some(tap), Some(probe)) = (tap, &self.probe) {
            tap.watch(self.chain.model(), probe.packets_per_second(), self.chain.is_bad());
            self.tap = Some(tap);
        }
        self
    }

    /// The queue of a run's host, if the host's packets can be lost.
    pub(crate) fn of(
        lossy: bool,
        loss: Option<GilbertElliott>,
        knobs: &Knobs,
        seed: u64,
        purpose: Purpose,
    ) -> Option<Self> {
        let model = loss.filter(|_| lossy)?;
        Some(Self::new(model, knobs, Random::new(seed, purpose)))
    }

    fn loses(&mut self, now: Duration) -> bool {
        let probes = self.probe.as_mut().map_or(0, |probe| probe.passed(now));
        self.chain.jump(probes, &mut self.random);
        let bad = self.chain.is_bad();
        let lost = self.chain.loses(&mut self.random);
        if let Some(tap) = &self.tap {
            tap.decides(now, probes, bad, self.chain.is_bad());
        }
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::network::preset::Preset;
    use smoltcp::{
        phy::ChecksumCapabilities,
        wire::{IpProtocol, Ipv4Address, Ipv4Packet, Ipv4Repr, TcpControl, TcpPacket, TcpRepr, TcpSeqNumber},
    };

    fn packet(port: u16, payload: &[u8]) -> Packet {
        let tcp = TcpRepr {
            src_port: 80,
            dst_port: port,
            control: TcpControl::None,
            seq_number: TcpSeqNumber(0),
            ack_number: Some(TcpSeqNumber(0)),
            window_len: 100,
            window_scale: None,
            max_seg_size: None,
            sack_permitted: false,
            sack_ranges: [None; 3],
            timestamp: None,
            payload,
        };
        let (source, target) = (Ipv4Address::new(10, 0, 0, 2), Ipv4Address::new(10, 0, 0, 1));
        let ip = Ipv4Repr {
            src_addr: source,
            dst_addr: target,
            next_header: IpProtocol::Tcp,
            payload_len: tcp.buffer_len(),
            hop_limit: 64,
        };
        let mut bytes = vec![0; ip.buffer_len() + tcp.buffer_len()];
        let checksums = ChecksumCapabilities::default();
        ip.emit(&mut Ipv4Packet::new_unchecked(&mut bytes), &checksums);
        let mut ip_packet = Ipv4Packet::new_unchecked(&mut bytes);
        let mut tcp_packet = TcpPacket::new_unchecked(ip_packet.payload_mut());
        tcp.emit(&mut tcp_packet, &source.into(), &target.into(), &checksums);
        bytes
    }

    /// A wire that loses every second decision.
    fn alternating() -> Wire {
        let model = GilbertElliott { p: 1.0, r: 1.0, bad_loss: 1.0, good_loss: 0.0 };
        let knobs = Preset::NoProbe.knobs();
        Wire::new(Duration::ZERO, Some(LossyQueue::new(model, &knobs, Random::new(1, Purpose::ServerLoss))))
    }

    fn arrived(wire: &mut Wire, now: Duration) -> Vec<Packet> {
        let mut arrived = VecDeque::new();
        wire.deliver(now, &mut arrived);
        arrived.into()
    }

    #[test]
    fn the_full_packets_of_a_burst_share_one_decision_and_its_tail_has_its_own() {
        let mut wire = alternating();
        let (full, tail) = (packet(1, b"full"), packet(1, b"end"));
        let burst = || vec![full.clone(), full.clone(), full.clone(), tail.clone()];
        wire.send(Duration::ZERO, &mut vec![burst(), burst()]);
        let passed = [full.clone(), full.clone(), full.clone()];
        assert_eq!(arrived(&mut wire, Duration::ZERO), [passed.clone(), passed].concat());
        // Each burst is another's, and each has one buffer: they alternate.
        wire.send(Duration::ZERO, &mut vec![vec![full.clone(); 2], vec![full.clone(); 2]]);
        assert_eq!(arrived(&mut wire, Duration::ZERO), [full.clone(), full]);
    }

    #[test]
    fn packets_without_data_are_decided_one_by_one() {
        let mut wire = alternating();
        let bare = packet(1, b"");
        wire.send(Duration::ZERO, &mut vec![vec![bare.clone(); 3], vec![bare.clone()]]);
        assert_eq!(arrived(&mut wire, Duration::ZERO).len(), 2);
        assert_eq!(wire.sent(), 4 * bare.len() as u64, "what is lost was sent");
    }

    #[test]
    fn packets_arrive_after_the_delay_and_in_order() {
        let delay = Duration::from_millis(7);
        let mut wire = Wire::new(delay, None);
        wire.send(Duration::ZERO, &mut vec![vec![packet(1, b"1"), packet(1, b"2")]]);
        assert_eq!(wire.next(), Some(delay));
        assert_eq!(arrived(&mut wire, Duration::from_millis(6)).len(), 0);
        assert_eq!(arrived(&mut wire, delay), [packet(1, b"1"), packet(1, b"2")]);
        assert_eq!(wire.next(), None);
    }

    #[test]
    fn the_probe_makes_the_chain_forget() {
        // Without it, a chain with r = 0 that is bad stays bad; with it and p = r = 1 the parity of the probe's
        // packets decides.
        let model = GilbertElliott { p: 1.0, r: 1.0, bad_loss: 1.0, good_loss: 0.0 };
        let mut knobs = Preset::Talk.knobs();
        knobs.probe = Some(1000);
        let mut queue = LossyQueue::new(model, &knobs, Random::new(1, Purpose::ServerLoss));
        let first = queue.loses(Duration::ZERO);
        // One packet of its own and one of the probe: the same state again.
        assert_eq!(queue.loses(Duration::from_millis(1)), first);
        assert_eq!(queue.loses(Duration::from_millis(2)), first);
        assert_ne!(queue.loses(Duration::from_millis(2)), first);
    }
}
