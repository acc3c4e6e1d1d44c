//! The simulated world: two hosts, the wire between them, hyper's server and hyper-util's client on it; and, in
//! [`kernel`], the same over a real kernel's TCP.
//!
//! [`Simulation`] puts a client of your own on that network, from a test of yours: `examples/YOUR_CLIENT.md`.

#[cfg(feature = "cli")]
pub mod client;
#[cfg(feature = "cli")]
pub mod document;
#[cfg(feature = "cli")]
pub mod kernel;
pub mod network;
#[cfg(feature = "cli")]
pub mod place;
mod port;
pub mod random;
#[cfg(feature = "cli")]
pub mod requests;
#[cfg(feature = "cli")]
pub mod seeds;
#[cfg(feature = "cli")]
pub mod server;
mod simulation;
#[cfg(feature = "cli")]
mod transport;
#[cfg(feature = "cli")]
pub mod world;

pub(crate) use self::port::port;
pub use self::{
    network::{Connector, GilbertElliott, Knobs, Listener, Lossy, Network, Preset, Sent, Stream, Traffic},
    simulation::{Run, Simulation, SimulationError},
};
