//! How much of a socket's data may be under way: cubic's congestion window in packets, as it is for small windows.

/// `TCP_INIT_CWND`, RFC 6928.
const FIRST: usize = 10;

/// A sender's congestion window.
#[derive(Debug)]
pub(super) struct Window {
    packets: usize,
    /// From here on it grows slowly.
    threshold: usize,
    /// Packets acknowledged since it last grew slowly.
    credit: usize,
}

impl Window {
    pub(super) fn new() -> Self {
        Self { packets: FIRST, threshold: usize::MAX, credit: 0 }
    }

    /// After a handshake that was repeated so often.
    pub(super) fn after_handshake(repeats: u32) -> Self {
        // `tcp_init_transfer` looks at SYN or SYN-ACK having been sent three times (`total_retrans > 1`).
        Self { packets: if repeats > 1 { 1 } else { FIRST }, ..Self::new() }
    }

    pub(super) fn has_room(&self, under_way: usize) -> bool {
        under_way < self.packets
    }

    /// So many packets have arrived at the peer.
    ///
    /// Slow start; above the threshold a packet for each 15/8 windows (`bictcp_update`, `beta_scale`).
    pub(super) fn grow(&mut self, arrived: usize) {
        let quick = arrived.min(self.threshold.saturating_sub(self.packets));
        self.packets += quick;
        self.credit += arrived - quick;
        while self.credit * 8 > self.packets * 15 {
            self.credit -= self.packets * 15 / 8;
            self.packets += 1;
        }
    }

    /// Something was lost: from seven tenths on it is to grow slowly (`cubictcp_recalc_ssthresh`).
    pub(super) fn lower_threshold(&mut self) {
        self.threshold = (self.packets * 717 / 1024).max(2);
    }

    /// The sender begins again beside what is still under way: `tcp_enter_loss`, and a recovery's first packet
    /// (`tcp_cwnd_reduction`).
    pub(super) fn begin_again(&mut self, under_way: usize) {
        (self.packets, self.credit) = (under_way + 1, 0);
    }
}
