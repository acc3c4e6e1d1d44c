//! The network card of a simulated host: one packet in, and what is to leave.

use smoltcp::{
    phy::{self, Checksum, DeviceCapabilities, Medium},
    time::Instant,
};

/// An IP packet.
pub(crate) type Packet = Vec<u8>;

/// What a socket sends in one go.
pub(crate) type Burst = Vec<Packet>;

/// Between the stack and the wire.
#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) arrived: Option<Packet>,
    pub(crate) leaving: Burst,
    /// Whether a socket may send. The congestion window is kept here: a stack that finds its device busy keeps its
    /// packet and its state.
    pub(crate) is_open: bool,
    mtu: usize,
}

#[derive(Debug)]
pub(crate) struct RxToken(Packet);

#[derive(Debug)]
pub(crate) struct TxToken<'a>(&'a mut Burst);

impl Device {
    pub(crate) fn new(mtu: usize) -> Self {
        Self { arrived: None, leaving: Burst::new(), is_open: true, mtu }
    }
}

impl phy::Device for Device {
    type RxToken<'a> = RxToken;
    type TxToken<'a> = TxToken<'a>;

    fn receive(&mut self, _: Instant) -> Option<(RxToken, TxToken<'_>)> {
        let packet = self.arrived.take()?;
        Some((RxToken(packet), TxToken(&mut self.leaving)))
    }

    fn transmit(&mut self, _: Instant) -> Option<TxToken<'_>> {
        self.is_open.then_some(TxToken(&mut self.leaving))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = self.mtu;
        // The wire loses packets and breaks none; captures show checksums, so that they are made.
        capabilities.checksum.ipv4 = Checksum::Tx;
        capabilities.checksum.tcp = Checksum::Tx;
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
