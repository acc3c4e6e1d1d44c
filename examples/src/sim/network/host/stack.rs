//! A host's smoltcp interface and the device below it, shared by its sockets.

use crate::sim::{
    network::{device::Device, preset::Knobs},
    random::Random,
};
use smoltcp::{
    iface::{Config, Interface},
    time::Instant as StackInstant,
    wire::{HardwareAddress, IpAddress, IpCidr, Ipv4Address},
};

pub(super) struct Stack {
    pub(super) interface: Interface,
    pub(super) device: Device,
}

impl Stack {
    pub(super) fn new(address: Ipv4Address, knobs: &Knobs, mut random: Random) -> Self {
        let mut device = Device::new(knobs.mtu);
        let mut config = Config::new(HardwareAddress::Ip);
        config.random_seed = random.next_u64();
        let mut interface = Interface::new(config, &mut device, StackInstant::ZERO);
        interface.update_ip_addrs(|addresses| {
            // There is room for two addresses, and this is the first.
            let _ = addresses.push(IpCidr::new(IpAddress::Ipv4(address), 24));
        });
        Self { interface, device }
    }
}
