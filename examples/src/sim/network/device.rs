//! The network card of a simulated host: two queues of IP packets.

use smoltcp::{
    phy::{self, DeviceCapabilities, Medium},
    time::Instant,
};
use std::collections::VecDeque;

/// An IP packet.
pub(crate) type Packet = Vec<u8>;

/// Packets that have arrived and packets that are to leave.
#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) arrived: VecDeque<Packet>,
    pub(crate) leaving: Vec<Packet>,
    mtu: usize,
}

#[derive(Debug)]
pub(crate) struct RxToken(Packet);

#[derive(Debug)]
pub(crate) struct TxToken<'a>(&'a mut Vec<Packet>);

impl Device {
    pub(crate) fn new(mtu: usize) -> Self {
        Self { arrived: VecDeque::new(), leaving: Vec::new(), mtu }
    }
}

impl phy::Device for Device {
    type RxToken<'a> = RxToken;
    type TxToken<'a> = TxToken<'a>;

    fn receive(&mut self, _: Instant) -> Option<(RxToken, TxToken<'_>)> {
        let packet = self.arrived.pop_front()?;
        Some((RxToken(packet), TxToken(&mut self.leaving)))
    }

    fn transmit(&mut self, _: Instant) -> Option<TxToken<'_>> {
        Some(TxToken(&mut self.leaving))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = self.mtu;
        capabilities
    }
}

impl phy::RxToken for RxToken {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

impl phy::TxToken for TxToken<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let mut packet = vec![0; length];
        let result = write(&mut packet);
        self.0.push(packet);
        result
    }
}
