//! The wire between the two devices, with the loss of the lab: a thread of its own, in no namespace in particular.

use super::{
    Missing,
    tun::{HEADER, LONGEST},
};
use crate::sim::{
    network::{Chain, GilbertElliott, Knobs, Probe},
    random::{Purpose, Random},
    world::Settings,
};
use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
};
use std::{
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
    thread: Option<JoinHandle<()>>,
}

/// One end of the wire: its device, and the queue of what leaves it, if packets can be lost there.
pub(super) struct End {
    device: SyncDevice,
    queue: Option<Queue>,
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
    pub(super) fn start(client: End, server: End) -> Result<Self, Missing> {
        let start = || {
            let (stopped, stop) = pipe()?;
            let carry = move || {
                // A device that fails is a wire that is cut, and the calls come to their limits.
                let _ = carry(client, server, &stopped);
            };
            Ok(Self { stop: Some(stop), thread: Some(thread::Builder::new().spawn(carry)?) })
        };
        start().map_err(Missing::new("no thread or pipe for the wire"))
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // If it broke off, that has been printed.
            let _ = thread.join();
        }
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
        Self { device, queue: model.map(queue) }
    }

    /// Hands on all that is there.
    fn empty_into(&mut self, other: &SyncDevice, packet: &mut [u8], now: Duration) -> io::Result<()> {
        loop {
            let packet = match self.device.recv(packet) {
                Ok(length) => &packet[..length],
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            if is_ipv4(packet) && !self.queue.as_mut().is_some_and(|queue| queue.loses(now)) {
                // A device that takes no more loses what comes, as any other does.
                let _ = other.send(packet);
            }
        }
    }
}

/// Carries packets both ways until the other end of the pipe is closed.
fn carry(mut client: End, mut server: End, stopped: &PipeReader) -> io::Result<()> {
    let start = Instant::now();
    let mut packet = vec![0; LONGEST];
    loop {
        let watched = [stopped.as_fd(), client.device.as_fd(), server.device.as_fd()];
        let mut watched = watched.map(|descriptor| PollFd::new(descriptor, PollFlags::POLLIN));
        match poll(&mut watched, PollTimeout::NONE) {
            Err(Errno::EINTR) => continue,
            result => result?,
        };
        if watched[0].any().unwrap_or(true) {
            return Ok(());
        }
        server.empty_into(&client.device, &mut packet, start.elapsed())?;
        client.empty_into(&server.device, &mut packet, start.elapsed())?;
    }
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
