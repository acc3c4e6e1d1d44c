//! The gateway as a process, before an upstream that misbehaves.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod behaviour;
mod client;
mod cut_answers;
mod ending;
mod gateway;
mod load;
mod logging;
mod raw;
mod requests;
mod transcript;
mod uploads;
mod upstream;
