//! The hook between a failed attempt and the next one.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod beside;
mod changes;
mod ends;
mod server;
mod times;
