//! The tap: takes down packets and the loss chain's states while a run goes on.

use super::GilbertElliott;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The time after which nothing is captured any more: an hour of virtual time, six times the longest default run.
pub const LONGEST: Duration = Duration::from_secs(3_600);

/// The bytes of TCP packets after which nothing is captured any more. A default run has two million.
pub const MOST_BYTES: usize = 32 << 20;

/// Takes down what passes the client's end of the wire; clones write to the same record.
#[derive(Debug, Clone, Default)]
pub struct Tap {
    recording: Arc<Mutex<Recording>>,
}

/// What a tap has taken down.
#[derive(Debug, Default)]
pub(crate) struct Recording {
    pub(crate) packets: Vec<(Duration, Vec<u8>)>,
    pub(crate) queue: Option<QueueLog>,
    bytes: usize,
    full_at: Option<Duration>,
}

/// What is known of the server's queue: the chain's states around each decision about a packet of TCP.
#[derive(Debug)]
pub(crate) struct QueueLog {
    pub(crate) model: GilbertElliott,
    /// The probe's.
    pub(crate) packets_per_second: u32,
    pub(crate) starts_bad: bool,
    pub(crate) decisions: Vec<Decision>,
}

/// One decision of the queue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decision {
    /// Packets of the probe since the decision before.
    pub(crate) probes: u64,
    /// The chain's state after those.
    pub(crate) bad: bool,
    /// The chain's state after the decision's own step.
    pub(crate) bad_after: bool,
}

impl Tap {
    /// A tap that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Packets as the client sends them.
    pub(crate) fn sends(&self, now: Duration, packets: &[Vec<u8>]) {
        self.recording().add(now, packets.iter().map(Vec::as_slice));
    }

    /// Packets as they reach the client.
    pub(crate) fn receives(&self, now: Duration, packets: &VecDeque<Vec<u8>>) {
        self.recording().add(now, packets.iter().map(Vec::as_slice));
    }

    /// A packet, either way, as it passes the client's end.
    pub fn passes(&self, now: Duration, packet: &[u8]) {
        self.recording().add(now, std::iter::once(packet));
    }

    /// The server's queue, through which a probe runs, at the start.
    pub(crate) fn watch(&self, model: GilbertElliott, packets_per_second: u32, starts_bad: bool) {
        self.recording().queue =
            Some(QueueLog { model, packets_per_second, starts_bad, decisions: Vec::new() });
    }

    /// The queue decides about a packet of TCP.
    pub(crate) fn decides(&self, now: Duration, probes: u64, bad: bool, bad_after: bool) {
        if now <= LONGEST
            && let Some(queue) = &mut self.recording().queue
        {
            queue.decisions.push(Decision { probes, bad, bad_after });
        }
    }

    pub(crate) fn take(&self) -> Recording {
        std::mem::take(&mut self.recording())
    }

    fn recording(&self) -> MutexGuard<'_, Recording> {
        self.recording.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recording {
    fn add<'a>(&mut self, now: Duration, packets: impl Iterator<Item = &'a [u8]>) {
        if now > LONGEST || self.full_at.is_some() {
            return;
        }
        for packet in packets {
            self.bytes += packet.len();
            self.packets.push((now, packet.to_vec()));
        }
        if self.bytes > MOST_BYTES {
            self.full_at = Some(now);
        }
    }

    /// Until when the record of a run that took so long goes.
    pub(crate) fn end(&self, took: Duration) -> Duration {
        took.min(LONGEST).min(self.full_at.unwrap_or(LONGEST))
    }

    /// Whether that is before the run's end.
    pub(crate) fn is_cut(&self, took: Duration) -> bool {
        took > LONGEST || self.full_at.is_some()
    }
}

impl QueueLog {
    /// When the probe's packet of this number leaves, counted from 0.
    pub(crate) fn leaves_at(&self, number: u64) -> Duration {
        let nanos = u128::from(number + 1) * 1_000_000_000;
        let nanos = nanos.div_ceil(u128::from(self.packets_per_second.max(1)));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// How many packets of the probe leave until then.
    pub(crate) fn packets_until(&self, end: Duration) -> u64 {
        let packets = end.as_nanos() * u128::from(self.packets_per_second) / 1_000_000_000;
        u64::try_from(packets).unwrap_or(u64::MAX)
    }
}
