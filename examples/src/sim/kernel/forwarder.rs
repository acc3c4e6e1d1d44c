//! The wire between the two devices, with the loss of the lab: a thread of its own, in no namespace in particular.

use super::{
    Missing,
    tun::{HEADER, LONGEST},
};
use crate::sim::{
    network::{BytesSent, Chain, GilbertElliott, Knobs, Probe},
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
    thread: Option<JoinHandle<BytesSent>>,
}

/// One end of the wire: its device, and the queue of what leaves it, if packets can be lost there.
pub(super) struct End {
    device: SyncDevice,
    queue: Option<Queue>,
    delay: Duration,
    in_flight: VecDeque<(Duration, Vec<u8>)>,
    sent: u64,
}

/// The sender's queue: the lab's chain, stepped by this network's packets and by the probe that the clock stands for.
#[derive(Debug)]
struct Queue {
    chain: Chain,
    probe: Option<Probe>,
    random: Random,
}

impl Wire {
    /// Joins the two.
    pub(super) fn start(mut client: End, mut server: End) -> Result<Self, Missing> {
        let start = || {
            let (stopped, stop) = pipe()?;
            let carry = move || {
                // A device that fails is a wire that is cut, and the calls come to their limits.
                let _ = carry(&mut client, &mut server, &stopped);
                BytesSent { server: server.sent, client: client.sent }
            };
            Ok(Self { stop: Some(stop), thread: Some(thread::Builder::new().spawn(carry)?) })
        };
        start().map_err(Missing::new("no thread or pipe for the wire"))
    }

    /// Ends it, and tells what it was given.
    pub(super) fn end(mut self) -> BytesSent {
        self.stop()
    }

    fn stop(&mut self) -> BytesSent {
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
    pub(super) fn client(device: SyncDevice, settings: &Settings) -> Self {
        Self::new(device, settings, settings.knobs.lossy.client(), Purpose::ClientLoss)
    }

    pub(super) fn server(device: SyncDevice, settings: &Settings) -> Self {
        Self::new(device, settings, settings.knobs.lossy.server(), Purpose::ServerLoss)
    }

    fn new(device: SyncDevice, settings: &Settings, lossy: bool, purpose: Purpose) -> Self {
        let model = settings.loss.filter(|_| lossy);
        let queue = |model| Queue::new(model, &settings.knobs, Random::new(settings.seed, purpose));
        let (delay, in_flight) = (settings.knobs.delay, VecDeque::new());
        Self { device, queue: model.map(queue), delay, in_flight, sent: 0 }
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
            self.sent += (packet.len() - HEADER) as u64;
            if !self.queue.as_mut().is_some_and(|queue| queue.loses(now)) {
                self.in_flight.push_back((now + self.delay, packet.to_vec()));
            }
        }
    }

    /// Hands over what has arrived at the other end by now.
    fn deliver(&mut self, other: &SyncDevice, now: Duration) {
        while let Some((_, packet)) = self.in_flight.pop_front_if(|(due, _)| *due <= now) {
            // A device that takes no more loses what comes, as any other does.
            let _ = other.send(&packet);
        }
    }
}

/// Carries packets both ways until the other end of the pipe is closed.
fn carry(client: &mut End, server: &mut End, stopped: &PipeReader) -> io::Result<()> {
    let start = Instant::now();
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
    fn new(model: GilbertElliott, knobs: &Knobs, mut random: Random) -> Self {
        let probe = knobs.probe.map(Probe::new);
        // As in the simulation: the talk's probe had run for a while when the first download began.
        let chain = match probe {
            Some(_) => Chain::stationary(model, &mut random),
            None => Chain::good(model),
        };
        Self { chain, probe, random }
    }

    fn loses(&mut self, now: Duration) -> bool {
        let probes = self.probe.as_mut().map_or(0, |probe| probe.passed(now));
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
        let mut alone = Queue::new(model, &Preset::NoProbe.knobs(), random());
        let lost: Vec<bool> = (0..4).map(|second| alone.loses(Duration::from_secs(second))).collect();
        assert_eq!(lost, [false, true, false, true], "nothing but its own packets");

        let mut knobs = Preset::Talk.knobs();
        knobs.probe = Some(1_000);
        let mut probed = Queue::new(model, &knobs, random());
        let first = probed.loses(Duration::ZERO);
        // One packet of its own and one of the probe: the same state again.
        assert_eq!(probed.loses(Duration::from_millis(1)), first);
        assert_ne!(probed.loses(Duration::from_millis(1)), first);
    }
}
