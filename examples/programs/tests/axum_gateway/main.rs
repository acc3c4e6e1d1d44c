//! The gateway as a process, before an upstream that misbehaves.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod behaviour;
mod client;
mod gateway;
mod load;
mod transcript;
mod upstream;
