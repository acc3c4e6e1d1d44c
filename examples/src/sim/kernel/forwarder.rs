//! The wire between the two devices, with the loss of the lab: a thread of its own, in no namespace in particular.

use super::{
    Carried, Missing, Probing,
    real_probe::{HEAD, is_captured, is_probe},
    tun::{HEADER, LONGEST},
};
use crate::sim::{
    network::{BytesSent, Chain, GilbertElliott, Knobs, Probe, Tap},
    random::{Purpose, Random},
    world::Settings,
};
use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
};
use std::{
    collections::VecDeque,
    io::{self, ErrorKind, PipeReader, PipeWriter, pipe},
    os::fd::AsFd,
    thread::{self, JoinHandle},
    time::Duration,
};
use tokio::time::Instant;
use tun_rs::SyncDevice;

/// A wire that carries packets; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Wire {
    stop: Option<PipeWriter>,
    thread: Option<JoinHandle<Carried>>,
}

/// One end of the wire: its device, and the queue of what leaves it, if packets can be lost there.
pub(super) struct End {
    device: SyncDevice,
    queue: Option<Queue>,
    delay: Duration,
    in_flight: VecDeque<(Duration, Vec<u8>)>,
    taps: Taps,
    sent: u64,
    probe: u64,
}

/// Who takes down what the client's host sees: what it sends, lost or not, and what reaches it.
#[derive(Debug, Default)]
struct Taps {
    sent: Option<Tap>,
    arrived: Option<Tap>,
}

/// The sender's queue: the lab's chain, stepped by this network's packets and by the probe that the clock stands for.
#[derive(Debug)]
struct Queue {
    chain: Chain,
    probe: Option<Probe>,
    random: Random,
    counted: u64,
}

impl Wire {
    /// Joins the two.
    pub(super) fn start(mut client: End, mut server: End) -> Result<Self, Missing> {
        let start = || {
            let (stopped, stop) = pipe()?;
            let carry = move || {
                let start = Instant::now();
                // A device that fails is a wire that is cut, and the calls come to their limits.
                let _ = carry(&mut client, &mut server, &stopped, start);
                let sent = BytesSent { server: server.sent, client: client.sent };
                Carried { sent, probe: client.probes() + server.probes(), took: start.elapsed() }
            };
            Ok(Self { stop: Some(stop), thread: Some(thread::Builder::new().spawn(carry)?) })
        };
        start().map_err(Missing::new("no thread or pipe for the wire"))
    }

    /// Ends it, and tells what it was given.
    pub(super) fn end(mut self) -> Carried {
        self.stop()
    }

    fn stop(&mut self) -> Carried {
        drop(self.stop.take());
        // If it broke off, that has been printed.
        self.thread.take().and_then(|thread| thread.join().ok()).unwrap_or_default()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.stop();
    }
}

impl End {
    /// The client's. What the probe sends does not go this way: here it is a number.
    pub(super) fn client(device: SyncDevice, settings: &Settings, tap: Option<Tap>) -> Self {
        let queue = settings.loss.filter(|_| settings.knobs.lossy.client()).map(|model| {
            let random = Random::new(settings.seed, Purpose::ClientLoss);
            Queue::new(model, &settings.knobs, Probing::Formula, random)
        });
        Self::new(device, settings, queue, Taps { sent: tap, arrived: None })
    }

    /// The server's, through which the probe is sent.
    pub(super) fn server(
        device: SyncDevice,
        settings: &Settings,
        probing: Probing,
        tap: Option<Tap>,
    ) -> Self {
        let queue = settings.loss.filter(|_| settings.knobs.lossy.server()).map(|model| {
            let random = Random::new(settings.seed, Purpose::ServerLoss);
            Queue::new(model, &settings.knobs, probing, random)
        });
        Self::new(device, settings, queue, Taps { sent: None, arrived: tap })
    }

    fn new(device: SyncDevice, settings: &Settings, queue: Option<Queue>, taps: Taps) -> Self {
        let (delay, in_flight) = (settings.knobs.delay, VecDeque::new());
        Self { device, queue, delay, in_flight, taps, sent: 0, probe: 0 }
    }

    /// Packets of the probe that came here, or were counted.
    fn probes(&self) -> u64 {
        self.probe + self.queue.as_ref().map_or(0, |queue| queue.counted)
    }

    /// Takes all that the device has.
    fn take(&mut self, packet: &mut [u8], now: Duration) -> io::Result<()> {
        loop {
            let packet = match self.device.recv(packet) {
                Ok(length) => &packet[..length],
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            if !is_ipv4(packet) {
                continue;
            }
            match is_probe(&packet[HEADER..]) {
                true => self.probe += 1,
                false => self.sent += (packet.len() - HEADER) as u64,
            }
            pass(self.taps.sent.as_ref(), packet, now);
            if !self.queue.as_mut().is_some_and(|queue| queue.loses(now)) {
                self.in_flight.push_back((now + self.delay, packet.to_vec()));
            }
        }
    }

    /// Hands over what has arrived at the other end by now.
    fn deliver(&mut self, other: &SyncDevice, now: Duration) {
        while let Some((_, packet)) = self.in_flight.pop_front_if(|(due, _)| *due <= now) {
            // A device that takes no more loses what comes, as any other does.
            if other.send(&packet).is_ok() {
                pass(self.taps.arrived.as_ref(), &packet, now);
            }
        }
    }
}

/// Shows the tap a packet behind its header.
fn pass(tap: Option<&Tap>, packet: &[u8], now: Duration) {
    let Some(tap) = tap else { return };
    let packet = &packet[HEADER..];
    if !is_probe(packet) {
        tap.passes(now, packet);
    } else if is_captured(now) {
        tap.passes(now, &packet[..packet.len().min(HEAD)]);
    }
}

/// Carries packets both ways until the other end of the pipe is closed.
fn carry(client: &mut End, server: &mut End, stopped: &PipeReader, start: Instant) -> io::Result<()> {
    let mut packet = vec![0; LONGEST];
    loop {
        let watched = [stopped.as_fd(), client.device.as_fd(), server.device.as_fd()];
        let next = [&*client, &*server].iter().filter_map(|end| Some(end.in_flight.front()?.0)).min();
        let mut watched = watched.map(|descriptor| PollFd::new(descriptor, PollFlags::POLLIN));
        match poll(&mut watched, until(next, start.elapsed())) {
            Err(Errno::EINTR) => continue,
            result => result?,
        };
        if watched[0].any().unwrap_or(true) {
            return Ok(());
        }
        server.take(&mut packet, start.elapsed())?;
        server.deliver(&client.device, start.elapsed());
        client.take(&mut packet, start.elapsed())?;
        client.deliver(&server.device, start.elapsed());
    }
}

/// How long to wait for the next packet to arrive: whole milliseconds, and never too few.
fn until(next: Option<Duration>, now: Duration) -> PollTimeout {
    next.map_or(PollTimeout::NONE, |due| {
        let millis = due.saturating_sub(now).as_micros().div_ceil(1_000);
        PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX)
    })
}

impl Queue {
    fn new(model: GilbertElliott, knobs: &Knobs, probing: Probing, mut random: Random) -> Self {
        // As in the simulation: the talk's probe had run for a while when the first download began.
        let chain = match knobs.probe {
            Some(_) => Chain::stationary(model, &mut random),
            None => Chain::good(model),
        };
        let probe = knobs.probe.filter(|_| probing == Probing::Formula).map(Probe::new);
        Self { chain, probe, random, counted: 0 }
    }

    fn loses(&mut self, now: Duration) -> bool {
        let probes = self.probe.as_mut().map_or(0, |probe| probe.passed(now));
        self.counted += probes;
        self.chain.jump(probes, &mut self.random);
        self.chain.loses(&mut self.random)
    }
}

/// The kernel looks for IPv6 neighbours and routers on every new device. They are not the talk's packets, and must not
/// step the chain.
fn is_ipv4(packet: &[u8]) -> bool {
    packet.get(HEADER).is_some_and(|first| first >> 4 == 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::network::Preset;

    #[test]
    fn only_ipv4_steps_the_chain() {
        let packet = |first: u8| [[0; HEADER].as_slice(), &[first]].concat();
        assert!(is_ipv4(&packet(0x45)));
        for other in [packet(0x60), packet(0x05), vec![0x45; HEADER], Vec::new()] {
            assert!(!is_ipv4(&other), "{other:?}");
        }
    }

    #[test]
    fn nothing_arrives_early() {
        let (micros, millis) = (Duration::from_micros, Duration::from_millis);
        assert_eq!(until(None, millis(1)), PollTimeout::NONE);
        for (due, now, wait) in
            [(millis(5), millis(5), 0_u16), (millis(5), micros(4_001), 1), (millis(5), millis(9), 0)]
        {
            assert_eq!(until(Some(due), now), PollTimeout::from(wait), "{due:?} at {now:?}");
        }
        assert_eq!(until(Some(Duration::MAX), millis(0)), PollTimeout::MAX);
    }

    #[test]
    fn the_loss_is_the_chains_and_the_probe_is_the_clocks() {
        let model = GilbertElliott { p: 1.0, r: 1.0, bad_loss: 1.0, good_loss: 0.0 };
        let random = || Random::new(1, Purpose::ServerLoss);
        let mut alone = Queue::new(model, &Preset::NoProbe.knobs(), Probing::Formula, random());
        let lost: Vec<bool> = (0..4).map(|second| alone.loses(Duration::from_secs(second))).collect();
        assert_eq!(lost, [false, true, false, true], "nothing but its own packets");

        let mut knobs = Preset::Talk.knobs();
        knobs.probe = Some(1_000);
        let mut probed = Queue::new(model, &knobs, Probing::Formula, random());
        let first = probed.loses(Duration::ZERO);
        // One packet of its own and one of the probe: the same state again.
        assert_eq!(probed.loses(Duration::from_millis(1)), first);
        assert_ne!(probed.loses(Duration::from_millis(1)), first);
        assert_eq!(probed.counted, 1);

        let mut real = Queue::new(model, &knobs, Probing::Real, random());
        // A packet of the probe's would be due before each.
        let lost: Vec<bool> = (0..4).map(|milli| real.loses(Duration::from_millis(milli))).collect();
        assert!(lost.windows(2).all(|pair| pair[0] != pair[1]), "only what is sent steps it: {lost:?}");
    }
}
