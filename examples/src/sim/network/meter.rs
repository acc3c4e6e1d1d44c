//! Counts the packets of one direction by what goes in and what comes out.

use std::{collections::VecDeque, time::Duration};

/// Packets that went in at one end of a wire and came out at the other.
#[derive(Debug)]
pub(crate) struct Meter {
    delay: Duration,
    sent: u64,
    arrived: u64,
    /// Packets whose time of arrival is over.
    settled: u64,
    /// How many are to arrive when, unless they are lost.
    under_way: VecDeque<(Duration, u64)>,
}

impl Meter {
    pub(crate) fn new(delay: Duration) -> Self {
        Self { delay, sent: 0, arrived: 0, settled: 0, under_way: VecDeque::new() }
    }

    /// So many packets leave.
    pub(crate) fn leave(&mut self, now: Duration, packets: usize) {
        if packets > 0 {
            self.sent += packets as u64;
            self.under_way.push_back((now + self.delay, packets as u64));
        }
    }

    /// So many packets have arrived: all that could by now.
    pub(crate) fn arrive(&mut self, now: Duration, packets: usize) {
        self.arrived += packets as u64;
        while let Some((_, packets)) = self.under_way.pop_front_if(|(due, _)| *due <= now) {
            self.settled += packets;
        }
    }

    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    /// Packets that should have arrived and have not.
    pub(crate) fn lost(&self) -> u64 {
        self.settled - self.arrived
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_lost_once_it_should_have_arrived() {
        let (mut meter, second) = (Meter::new(Duration::from_secs(1)), Duration::from_secs(1));
        meter.leave(Duration::ZERO, 3);
        meter.leave(second / 2, 2);
        assert_eq!((meter.sent(), meter.lost()), (5, 0), "all are under way");
        meter.arrive(second, 2);
        assert_eq!(meter.lost(), 1);
        meter.arrive(second * 3 / 2, 0);
        assert_eq!((meter.sent(), meter.lost()), (5, 3));
    }

    #[test]
    fn nothing_is_late_on_a_wire_without_delay() {
        let mut meter = Meter::new(Duration::ZERO);
        meter.leave(Duration::ZERO, 4);
        meter.arrive(Duration::ZERO, 4);
        assert_eq!((meter.sent(), meter.lost()), (4, 0));
    }
}
