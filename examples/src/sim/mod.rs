//! The simulated world: two hosts, the wire between them, hyper's server and hyper-util's client on it; and, in
//! [`kernel`], the same over a real kernel's TCP.

pub mod client;
pub mod document;
pub mod kernel;
pub mod network;
pub mod place;
pub mod random;
pub mod requests;
pub mod seeds;
pub mod server;
mod transport;
pub mod world;
