//! A bench of faults: a server on loopback fails by script and counts what it saw, and every client is called over
//! every stack of layers with every kind of request. `faults.md`, beside this package's manifest, is the result;
//! `tests/faults.rs` holds each cell to the [invariants](broken) and to the table.
//!
//! The oracle is the server's count and the bytes that the caller got: what the layers say of themselves is not asked.

#![allow(clippy::unwrap_used, reason = "a bench may panic; its test counts that as a failure")]

mod account;
mod cell;
mod client;
mod fault;
mod invariant;
mod outcome;
mod request;
mod run;
mod server;
mod stack;
mod table;
mod upload;

pub use account::Arrival;
pub use cell::{Cell, Seen};
pub use client::Client;
pub use fault::Fault;
pub use invariant::broken;
pub use outcome::Outcome;
pub use request::Call;
pub use run::{Pace, play_all};
pub use stack::Stack;
pub use table::render;
