//! What a socket has sent and not seen acknowledged: Linux's retransmission queue.
//!
//! The stack would send everything again from the first byte on, and cut it anew. Linux keeps the packets as they were
//! cut, knows which of them have arrived behind a gap (SACK), and tells a loss by what was sent later and has arrived
//! (RACK, RFC 8985).

use super::{
    segment::{Segment, bring_up_to_date, without_first},
    window::Window,
};
use crate::sim::network::device::{Burst, Packet};
use smoltcp::wire::TcpSeqNumber;
use std::collections::VecDeque;

#[derive(Debug)]
pub(super) struct Flight {
    queue: VecDeque<Sent>,
    window: Window,
    /// How many packets were sent, repeated ones included.
    count: u64,
    /// The number of the last of them that has arrived.
    arrived: Option<u64>,
    highest: Option<TcpSeqNumber>,
    trouble: Option<Trouble>,
    /// What the newest packet said of the other direction.
    says: Option<(TcpSeqNumber, u16)>,
}

/// A packet that is not acknowledged yet.
#[derive(Debug)]
struct Sent {
    starts: TcpSeqNumber,
    ends: TcpSeqNumber,
    packet: Packet,
    number: u64,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    UnderWay,
    /// Or never on the wire: it is to be sent as soon as there is room.
    Lost,
    /// It is there, but something before it is not.
    BehindGap,
}

/// Something was lost, and not everything that was sent until then is acknowledged yet.
#[derive(Debug)]
struct Trouble {
    ends: TcpSeqNumber,
    /// `TCP_CA_Loss` rather than `TCP_CA_Recovery`.
    timed_out: bool,
    has_progressed: bool,
}

/// What an acknowledgement brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// Something new, in order.
    Progress,
    /// Something behind a gap.
    Gap,
    Nothing,
}

impl Flight {
    pub(super) fn new() -> Self {
        Self {
            queue: VecDeque::new(),
            window: Window::new(),
            count: 0,
            arrived: None,
            highest: None,
            trouble: None,
            says: None,
        }
    }

    /// The socket has sent this; whether it is to be acknowledged, and for the first time.
    pub(super) fn sends(&mut self, packet: &Packet, segment: &Segment) -> bool {
        self.notes(packet, segment, State::UnderWay)
    }

    /// The socket would have sent this, for what it acknowledges, but there is no room: it has to wait its turn.
    pub(super) fn holds(&mut self, packet: &Packet, segment: &Segment) {
        self.notes(packet, segment, State::Lost);
    }

    fn notes(&mut self, packet: &Packet, segment: &Segment, state: State) -> bool {
        if let Some(number) = segment.acknowledges {
            self.says = Some((number, segment.window));
        }
        let is_new =
            segment.ends > segment.starts && self.highest.is_none_or(|highest| segment.ends > highest);
        if is_new {
            self.highest = Some(segment.ends);
            let (starts, ends, number) = (segment.starts, segment.ends, self.count);
            self.queue.push_back(Sent { starts, ends, packet: packet.clone(), number, state });
            self.count += 1;
        }
        is_new
    }

    /// The socket has received this.
    pub(super) fn receives(&mut self, segment: &Segment) -> News {
        let (Some(number), Some(highest)) = (segment.acknowledges, self.highest) else {
            return News::Nothing;
        };
        let (mut arrived, mut progress) = (0, false);
        while let Some(sent) = self.queue.pop_front_if(|sent| number <= highest && sent.ends <= number) {
            arrived += usize::from(sent.state != State::BehindGap);
            self.arrived = self.arrived.max(Some(sent.number));
            progress = true;
        }
        if let Some(first) = self.queue.front_mut().filter(|first| number <= highest && first.starts < number)
        {
            // The peer would take nothing from a packet that begins before what it waits for, not even its FIN.
            first.packet = without_first(&first.packet, number - first.starts);
            first.starts = number;
            progress = true;
        }
        let mut gap = false;
        for (left, right) in segment.behind_gaps.into_iter().flatten() {
            let (left, right) = (TcpSeqNumber(left as i32), TcpSeqNumber(right as i32));
            for sent in &mut self.queue {
                if sent.state != State::BehindGap && sent.starts >= left && sent.ends <= right {
                    sent.state = State::BehindGap;
                    self.arrived = self.arrived.max(Some(sent.number));
                    arrived += 1;
                    gap = true;
                }
            }
        }
        self.window.grow(arrived);
        if let Some(trouble) = &mut self.trouble {
            trouble.has_progressed |= progress;
            if number >= trouble.ends {
                self.trouble = None;
            }
        }
        match (progress, gap) {
            (true, _) => News::Progress,
            (false, true) => News::Gap,
            (false, false) => News::Nothing,
        }
    }

    /// Whether anything is not acknowledged.
    pub(super) fn is_any(&self) -> bool {
        !self.queue.is_empty()
    }

    /// How many packets are under way.
    pub(super) fn under_way(&self) -> usize {
        self.queue.iter().filter(|sent| sent.state == State::UnderWay).count()
    }

    /// Whether something new may be sent. What is lost comes first.
    pub(super) fn has_room(&self) -> bool {
        self.window.has_room(self.under_way()) && self.queue.iter().all(|sent| sent.state != State::Lost)
    }

    /// Whether something was lost and the sender has not caught up yet.
    pub(super) fn is_in_trouble(&self) -> bool {
        self.trouble.is_some()
    }

    /// Whether something was sent before another packet that has arrived.
    pub(super) fn has_gap(&self) -> bool {
        self.queue.iter().any(|sent| sent.state == State::UnderWay && Some(sent.number) < self.arrived)
    }

    /// What was sent before another packet that has arrived counts as lost: nothing overtakes here.
    pub(super) fn gap_is_lost(&mut self) {
        let arrived = self.arrived;
        self.lose(|sent| Some(sent.number) < arrived);
        if self.trouble.is_none() {
            self.begin_again(false);
        }
    }

    /// Everything counts as lost.
    pub(super) fn is_lost(&mut self) {
        self.lose(|_| true);
        self.begin_again(true);
    }

    fn lose(&mut self, which: impl Fn(&Sent) -> bool) {
        for sent in self.queue.iter_mut().filter(|sent| sent.state == State::UnderWay && which(sent)) {
            sent.state = State::Lost;
        }
    }

    fn begin_again(&mut self, timed_out: bool) {
        // Not for what is repeated in vain (RFC 5681, section 3.1; `tcp_enter_loss`).
        if self.trouble.as_ref().is_none_or(|trouble| trouble.timed_out && trouble.has_progressed) {
            self.window.lower_threshold();
        }
        self.window.begin_again(self.under_way());
        let ends = self.highest.unwrap_or_default();
        self.trouble = Some(Trouble { ends, timed_out, has_progressed: false });
    }

    /// What is lost, as far as the window has room for it; whether the first packet of all is among it.
    pub(super) fn repeat(&mut self) -> (Burst, bool) {
        let (mut burst, mut first) = (Burst::new(), false);
        while self.window.has_room(self.under_way())
            && let Some(index) = self.queue.iter().position(|sent| sent.state == State::Lost)
        {
            first |= index == 0;
            burst.extend(self.send_again(index));
        }
        (burst, first)
    }

    /// The last packet once more.
    pub(super) fn probe(&mut self) -> Burst {
        self.queue.len().checked_sub(1).and_then(|last| self.send_again(last)).into_iter().collect()
    }

    fn send_again(&mut self, index: usize) -> Option<Packet> {
        let sent = self.queue.get_mut(index)?;
        (sent.state, sent.number) = (State::UnderWay, self.count);
        self.count += 1;
        if let Some((acknowledges, window)) = self.says {
            bring_up_to_date(&mut sent.packet, acknowledges, window);
        }
        Some(sent.packet.clone())
    }

    /// The handshake is through.
    pub(super) fn is_established(&mut self, repeats: u32) {
        (self.window, self.trouble) = (Window::after_handshake(repeats), None);
    }
}

#[cfg(test)]
mod tests;
