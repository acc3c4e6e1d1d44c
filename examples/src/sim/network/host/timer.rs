//! When something is sent again: Linux's rules. The stack's own are RFC 6298's with constants that are not Linux's (a
//! least timeout of a second), and it keeps a doubled timeout when an acknowledgement shows progress.

use std::time::Duration;

/// Until the handshake is through: `TCP_TIMEOUT_INIT`, RFC 6298 (2.1).
const FIRST: Duration = Duration::from_secs(1);

/// Above the round trip: `TCP_RTO_MIN`, which Linux adds to the smoothed round-trip time (`__tcp_set_rto`).
pub(crate) const LEAST: Duration = Duration::from_millis(200);

/// `TCP_RTO_MAX`.
const MOST: Duration = Duration::from_secs(120);

/// `TCP_TIMEOUT_MIN`: two ticks, of 4 ms where `CONFIG_HZ` is 250.
const TICKS: Duration = Duration::from_millis(8);

/// The retransmission timer of one socket.
#[derive(Debug)]
pub(super) struct Timer {
    /// Nothing else than the link delays a packet, so it is known and need not be estimated.
    round_trip: Duration,
    running: Option<Running>,
    doublings: u32,
}

#[derive(Debug, Clone, Copy)]
struct Running {
    due: Duration,
    what: Expiry,
}

/// What is to happen when the timer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expiry {
    /// SYN or SYN-ACK is sent again.
    Handshake,
    /// The last packet of what was sent for the first time is sent again (RFC 8985, section 7).
    TailProbe {
        /// It is the only one.
        alone: bool,
    },
    /// The peer has acknowledged something behind a gap, so the gap is lost (RFC 8985, section 6).
    Gap,
    /// Everything counts as lost.
    Timeout,
}

impl Timer {
    pub(super) fn new(round_trip: Duration) -> Self {
        Self { round_trip, running: None, doublings: 0 }
    }

    pub(super) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    pub(super) fn due(&self) -> Option<Duration> {
        self.running.map(|running| running.due)
    }

    /// Runs anew from now on, towards this.
    pub(super) fn restart(&mut self, now: Duration, what: Expiry) {
        self.running = Some(Running { due: now + self.wait(what), what });
    }

    /// The peer's first answer was taken for one to a packet that was sent so long ago.
    pub(super) fn is_measured(&mut self, round_trip: Duration) {
        self.round_trip = round_trip;
    }

    pub(super) fn stop(&mut self) {
        (self.running, self.doublings) = (None, 0);
    }

    /// Something new was acknowledged: `tcp_ack_update_rtt` sets `icsk_backoff` to 0, for timestamps tell the
    /// round-trip time of what was repeated, too.
    pub(super) fn forget_doublings(&mut self) {
        self.doublings = 0;
    }

    /// What is to be done now that it is due. Neither a probe nor a gap doubles the timeout that follows.
    pub(super) fn expires(&mut self) -> Expiry {
        let what = self.running.take().map_or(Expiry::Timeout, |running| running.what);
        if matches!(what, Expiry::Handshake | Expiry::Timeout) {
            self.doublings = self.doublings.saturating_add(1);
        }
        what
    }

    fn wait(&self, what: Expiry) -> Duration {
        // 2^10 seconds are more than the most, and the exponent stays in range.
        let doubled = |least: Duration| least.saturating_mul(1 << self.doublings.min(10)).min(MOST);
        // `tcp_rtt_estimator` after one sample, RFC 6298 (2.2): the variation is half of it, and counts four times.
        let timeout = self.round_trip + (2 * self.round_trip).max(LEAST);
        match what {
            Expiry::Handshake => doubled(FIRST),
            // `tcp_schedule_loss_probe`.
            Expiry::TailProbe { alone: true } => (2 * self.round_trip + LEAST).min(timeout),
            Expiry::TailProbe { alone: false } => (2 * self.round_trip + TICKS).min(timeout),
            // `tcp_rack_mark_lost`: a quarter of the round trip is left for reordering.
            Expiry::Gap => self.round_trip / 4 + TICKS,
            Expiry::Timeout => doubled(timeout),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUND_TRIP: Duration = Duration::from_millis(2);

    /// When it ends, in milliseconds, if it is set anew for this each time.
    fn ends(timer: &mut Timer, then: Expiry, times: usize) -> Vec<u128> {
        let mut ends = Vec::new();
        while ends.len() < times {
            let now = timer.due().unwrap();
            ends.push(now.as_millis());
            timer.expires();
            timer.restart(now, then);
        }
        ends
    }

    #[test]
    fn a_handshake_is_repeated_after_1_2_and_4_seconds() {
        let mut timer = Timer::new(ROUND_TRIP);
        timer.restart(Duration::ZERO, Expiry::Handshake);
        assert_eq!(ends(&mut timer, Expiry::Handshake, 7), [1, 3, 7, 15, 31, 63, 127].map(|s| s * 1_000));
    }

    #[test]
    fn the_probe_comes_first_and_the_timeout_after_it_is_not_doubled() {
        for (alone, probe) in [(true, 202), (false, 12)] {
            let mut timer = Timer::new(ROUND_TRIP);
            timer.restart(Duration::ZERO, Expiry::TailProbe { alone });
            let ends = ends(&mut timer, Expiry::Timeout, 5);
            assert_eq!(ends, [0, 202, 606, 1_414, 3_030].map(|after| probe + after));
        }
    }

    #[test]
    fn no_timeout_is_longer_than_two_minutes() {
        let mut timer = Timer::new(ROUND_TRIP);
        timer.restart(Duration::ZERO, Expiry::Timeout);
        let ends = ends(&mut timer, Expiry::Timeout, 1_000);
        assert_eq!(ends[999] - ends[998], 120_000);
    }

    #[test]
    fn progress_forgets_the_doublings() {
        let mut timer = Timer::new(ROUND_TRIP);
        timer.restart(Duration::ZERO, Expiry::Timeout);
        ends(&mut timer, Expiry::Timeout, 8);
        timer.forget_doublings();
        timer.restart(Duration::ZERO, Expiry::Timeout);
        assert_eq!(timer.due(), Some(LEAST + ROUND_TRIP));
    }

    #[test]
    fn a_long_round_trip_takes_its_part() {
        let mut timer = Timer::new(ROUND_TRIP);
        timer.is_measured(Duration::from_secs(3));
        timer.restart(Duration::ZERO, Expiry::Timeout);
        assert_eq!(timer.due(), Some(Duration::from_secs(9)));
        timer.restart(Duration::ZERO, Expiry::TailProbe { alone: true });
        assert_eq!(timer.due(), Some(Duration::from_millis(6_200)));
    }
}
