//! The same network over a real kernel: two anonymous network namespaces in this process, and the lab's loss between them.
//!
//! ```text
//! a thread, in a namespace         another thread, in another
//!   the stage's client               hyper's server, or nginx
//!   the kernel's TCP                 the kernel's TCP
//!   TUN device                       TUN device
//!        |    a third thread: the wire,     |
//!        +--- with the lab's loss chain ----+
//! ```
//!
//! It takes the [`Settings`](super::world::Settings) that a simulated [`World`](super::world::World) takes, but its time is
//! real, TCP is Linux's, and of the knobs only the probe, the lossy side, the delay and the server's keep-alive say anything here.
//! Nothing has a name: namespaces, devices and connections go when the process does, however it ends.
//!
//! Not the talk's network all the same: no ARP, since a TUN device has none, so a network that loses every packet is
//! noticed by TCP alone; no Ethernet; one queue of packets, between programs and not in front of a cable.

mod carried;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod forwarder;
#[cfg(target_os = "linux")]
mod here;
mod missing;
#[cfg(target_os = "linux")]
mod namespace;
#[cfg(target_os = "linux")]
mod nginx;
#[cfg(target_os = "linux")]
mod real_probe;
#[cfg(target_os = "linux")]
mod server_side;
mod setup;
mod side_by_side;
mod tcp;
#[cfg(target_os = "linux")]
mod tun;
mod version;

#[cfg(not(target_os = "linux"))]
pub use self::elsewhere::{possible, prepare, run};
#[cfg(target_os = "linux")]
pub use self::here::{possible, prepare, run};
pub use self::{
    carried::Carried,
    missing::Missing,
    setup::{Probing, Program, Setup},
    side_by_side::{LONGEST, side_by_side, takes},
    tcp::Tcp,
    version::version,
};
