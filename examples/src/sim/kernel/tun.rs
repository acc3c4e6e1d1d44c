//! The device through which a namespace's packets come to this program.

use super::Missing;
use std::{io, net::Ipv4Addr};
use tun_rs::{DeviceBuilder, SyncDevice};

/// Bytes of the header before each packet: `virtio_net_hdr`, which says how a packet larger than the MTU is to be cut.
pub(super) const HEADER: usize = tun_rs::VIRTIO_NET_HDR_LEN;

/// The largest IP packet behind its header.
pub(super) const LONGEST: usize = HEADER + 65_535;

/// Makes the device of this thread's namespace, and sets it up with this address.
///
/// With the header the kernel hands over what a program wrote in one piece, as netem sees it: one decision about its
/// loss, not one for each packet that a network card would make of it.
pub(super) fn open(address: Ipv4Addr) -> Result<SyncDevice, Missing> {
    let make = || -> io::Result<SyncDevice> {
        let device = DeviceBuilder::new().ipv4(address, 24, None).mtu(1500).with(|builder| {
            builder.offload(true);
        });
        let device = device.build_sync()?;
        device.set_nonblocking(true)?;
        Ok(device)
    };
    make().map_err(Missing::new("no TUN device can be made (/dev/net/tun, its mode, the module `tun`)"))
}
