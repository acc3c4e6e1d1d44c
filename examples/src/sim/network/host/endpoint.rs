//! A socket in a set of its own and with a clock of its own.
//!
//! The clock stands while anything is to be acknowledged, so that no timer of the stack's ends: what is sent again, and
//! when, is up to [`Flight`] and [`Timer`]. Otherwise it follows the run's.

use super::{
    flight::{Flight, News},
    segment::{Segment, bare},
    stack::Stack,
    timer::{Expiry, Timer},
};
use crate::sim::network::{
    device::{Burst, Packet},
    preset::Knobs,
};
use smoltcp::{
    iface::{PollResult, SocketHandle, SocketSet},
    socket::tcp::{Socket, SocketBuffer, State},
    time::{Duration as StackDuration, Instant as StackInstant},
};
use std::time::Duration;

/// The stack's timers run no longer (`RTTE_MAX_RTO`).
const LONGEST: StackDuration = StackDuration::from_secs(60);

pub(crate) struct Endpoint {
    set: SocketSet<'static>,
    handle: SocketHandle,
    born: Duration,
    clock: StackInstant,
    /// When the clock was last looked at.
    seen: Duration,
    flight: Flight,
    timer: Timer,
    /// How often SYN or SYN-ACK was repeated; `None` once the handshake is through.
    repeats: Option<u32>,
    /// When something was acknowledged, or began to be under way, or nothing was any more.
    progress: Duration,
}

impl Endpoint {
    pub(super) fn new(now: Duration, knobs: &Knobs) -> Self {
        let buffer = || SocketBuffer::new(vec![0; knobs.buffer]);
        let mut socket = Socket::new(buffer(), buffer());
        // nginx sets TCP_NODELAY; Nagle's algorithm costs ten points.
        socket.set_nagle_enabled(false);
        socket.set_ack_delay(None);
        let mut set = SocketSet::new(Vec::with_capacity(1));
        let handle = set.add(socket);
        Self {
            set,
            handle,
            born: now,
            clock: StackInstant::ZERO,
            seen: now,
            flight: Flight::new(),
            timer: Timer::new(2 * knobs.delay),
            repeats: Some(0),
            progress: now,
        }
    }

    pub(crate) fn socket(&self) -> &Socket<'static> {
        self.set.get(self.handle)
    }

    pub(super) fn socket_mut(&mut self) -> &mut Socket<'static> {
        self.set.get_mut(self.handle)
    }

    /// When the next repetition is due.
    pub(super) fn due(&self) -> Option<Duration> {
        self.timer.due()
    }

    /// Since when there has been no progress.
    pub(super) fn progress(&self) -> Duration {
        self.progress
    }

    /// Takes in a packet, and puts out what follows from it.
    pub(super) fn receive(
        &mut self,
        now: Duration,
        stack: &mut Stack,
        packet: Packet,
        segment: &Segment,
    ) -> Burst {
        self.follow(now);
        if segment.opens() && self.socket().state() == State::SynReceived {
            // As Linux does it (`tcp_check_req`), which does not double the timeout either.
            return self.repeat_handshake(now);
        }
        let news = self.flight.receives(segment);
        if news == News::Gap && segment.starts == segment.ends {
            // Not for the stack, which would count it and repeat by rules of its own.
            return self.mind_the_gap(now);
        }
        let (unread, open) = (self.socket().recv_queue(), self.socket().may_recv());
        stack.device.arrived = Some(packet);
        stack.interface.poll_ingress_single(self.clock, &mut stack.device, &mut self.set);
        self.look_at_handshake(now);
        if self.socket().recv_queue() > unread || open && !self.socket().may_recv() {
            self.acknowledge(stack);
        }
        if news == News::Nothing {
            return self.send(now, stack);
        }
        self.progress = now;
        self.timer.forget_doublings();
        if self.is_waiting() {
            self.timer.restart(now, self.next());
        }
        let mut burst = self.mind_the_gap(now);
        burst.extend(self.send(now, stack));
        burst
    }

    /// Sends again what is known to be lost, and waits a little where that is not certain yet.
    fn mind_the_gap(&mut self, now: Duration) -> Burst {
        if self.flight.has_gap() {
            if self.flight.is_in_trouble() {
                // `tcp_rack_reo_wnd`: no time for reordering then.
                self.flight.gap_is_lost();
            } else {
                self.timer.restart(now, Expiry::Gap);
            }
        }
        self.repeat_lost(now)
    }

    fn repeat_lost(&mut self, now: Duration) -> Burst {
        let (burst, first) = self.flight.repeat();
        if first {
            // `tcp_xmit_retransmit_queue`: the timer is for the first packet.
            self.timer.restart(now, Expiry::Timeout);
        }
        burst
    }

    /// Puts out what the socket has to send.
    pub(super) fn send(&mut self, now: Duration, stack: &mut Stack) -> Burst {
        self.follow(now);
        let (mut noted, mut is_new) = (0, false);
        loop {
            for packet in &stack.device.leaving[noted..] {
                if let Some(segment) = Segment::read(packet) {
                    is_new |= self.flight.sends(packet, &segment);
                }
            }
            noted = stack.device.leaving.len();
            // A reset is no part of the flow.
            stack.device.is_open = self.flight.has_room() || self.socket().state() == State::Closed;
            let polled = stack.interface.poll_egress(self.clock, &mut stack.device, &mut self.set);
            if !matches!(polled, PollResult::SocketStateChanged) {
                break;
            }
        }
        let (waits, waited) = (self.is_waiting(), self.timer.is_running());
        if waits != waited {
            self.progress = now;
        }
        if !waits {
            self.timer.stop();
        } else if !waited || is_new && !self.flight.is_in_trouble() {
            // Linux sets its probe's timer anew with everything new that is sent (`tcp_write_xmit`).
            self.timer.restart(now, self.next());
        }
        std::mem::take(&mut stack.device.leaving)
    }

    /// Acknowledges what has just arrived, even if there is no room for the data that the stack would send along.
    fn acknowledge(&mut self, stack: &mut Stack) {
        if self.flight.has_room() || self.socket().state() == State::Closed {
            return;
        }
        let known = stack.device.leaving.len();
        stack.device.is_open = true;
        stack.interface.poll_egress(self.clock, &mut stack.device, &mut self.set);
        if let Some(packet) = stack.device.leaving.get_mut(known)
            && let Some(segment) = Segment::read(packet)
            && segment.ends > segment.starts
        {
            self.flight.holds(packet, &segment);
            *packet = bare(packet);
        }
    }

    /// Repeats what is due by now.
    pub(super) fn repeat(&mut self, now: Duration, stack: &mut Stack) -> Burst {
        match self.timer.expires() {
            Expiry::Handshake => return self.repeat_handshake(now),
            Expiry::TailProbe { .. } => {
                self.timer.restart(now, Expiry::Timeout);
                return self.flight.probe();
            }
            Expiry::Gap => self.flight.gap_is_lost(),
            Expiry::Timeout if self.flight.is_any() => self.flight.is_lost(),
            Expiry::Timeout => {
                // The peer has no room. The stack asks whether it still has none.
                self.clock += LONGEST;
                self.timer.restart(now, Expiry::Timeout);
                return self.send(now, stack);
            }
        }
        self.timer.restart(now, Expiry::Timeout);
        self.repeat_lost(now)
    }

    fn repeat_handshake(&mut self, now: Duration) -> Burst {
        self.repeats = self.repeats.map(|repeats| repeats + 1);
        self.timer.restart(now, Expiry::Handshake);
        self.flight.probe()
    }

    /// Lets the socket's clock go on, where no timer of the stack runs.
    fn follow(&mut self, now: Duration) {
        if !self.is_waiting() {
            let micros = now.saturating_sub(self.seen).as_micros();
            self.clock += StackDuration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX));
        }
        self.seen = now;
    }

    fn look_at_handshake(&mut self, now: Duration) {
        if let Some(repeats) = self.repeats
            && !matches!(self.socket().state(), State::Listen | State::SynSent | State::SynReceived)
        {
            // A server that gets a SYN again still answers the first one's timestamp (`tcp_check_req`), and its client
            // takes all that time for the round trip.
            let is_client = self.socket().listen_endpoint().port == 0;
            if is_client && repeats > 0 {
                self.timer.is_measured(now.saturating_sub(self.born));
            }
            self.repeats = None;
            self.progress = now;
            self.flight.is_established(repeats);
        }
    }

    /// Whether something is to be acknowledged, or waits for room at the peer.
    fn is_waiting(&self) -> bool {
        let socket = self.socket();
        let open = !matches!(socket.state(), State::Closed | State::Listen | State::TimeWait);
        open && (self.flight.is_any() || socket.send_queue() > 0)
    }

    /// What the timer is to run towards.
    fn next(&self) -> Expiry {
        match (self.repeats, self.flight.is_in_trouble(), self.flight.under_way()) {
            (Some(_), _, _) => Expiry::Handshake,
            (None, false, packets @ 1..) => Expiry::TailProbe { alone: packets == 1 },
            // Nothing is under way where the peer has no room, and is asked again and again whether it has.
            _ => Expiry::Timeout,
        }
    }
}
