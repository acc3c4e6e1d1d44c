//! The talk's UDP probe, as far as it matters: its packets step the loss chain.
//!
//! The talk ran `cat /dev/urandom | nc -u` through the same queue as the download. The chain has one state per
//! queue and steps with every packet of any flow, so between two TCP retransmissions it had long forgotten its
//! state. The probe's packets themselves need not be simulated: only how many of them passed.

use std::time::Duration;

/// The port that the talk's probe was sent to.
pub(crate) const PROBE_TARGET: u16 = 65_535;

/// Any port will do to send from; this one is the first that RFC 6335 leaves to programs.
pub(crate) const PROBE_SOURCE: u16 = 49_152;

/// Bytes of a packet behind its headers: 1 KiB, so that one packet is one step of the chain. (The talk does not say; `nc`
/// sends what one `read` gave it, and what is longer than the MTU leaves in several packets.)
pub(crate) const PROBE_PAYLOAD: usize = 1_024;

/// A stream of probe packets at a constant rate.
#[derive(Debug, Clone)]
pub struct Probe {
    packets_per_second: u32,
    passed: u128,
}

impl Probe {
    /// A probe that starts with the clock.
    #[must_use]
    pub fn new(packets_per_second: u32) -> Self {
        Self { packets_per_second, passed: 0 }
    }

    /// The rate.
    #[must_use]
    pub fn packets_per_second(&self) -> u32 {
        self.packets_per_second
    }

    /// How many packets passed since the last call; `now` counts from the start of the run.
    pub fn passed(&mut self, now: Duration) -> u64 {
        let total = now.as_nanos() * u128::from(self.packets_per_second) / 1_000_000_000;
        let new = total.saturating_sub(self.passed);
        self.passed = self.passed.max(total);
        u64::try_from(new).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_counted_once() {
        let mut probe = Probe::new(10_000);
        for (micros, passed) in
            [(0, 0), (99, 0), (100, 1), (100, 0), (1_000, 9), (500, 0), (61_000_000, 609_990)]
        {
            assert_eq!(probe.passed(Duration::from_micros(micros)), passed, "at {micros} us");
        }
    }

    #[test]
    fn no_rate_and_no_time_is_too_large() {
        assert_eq!(Probe::new(0).passed(Duration::MAX), 0);
        assert_eq!(Probe::new(u32::MAX).passed(Duration::MAX), u64::MAX);
    }
}
