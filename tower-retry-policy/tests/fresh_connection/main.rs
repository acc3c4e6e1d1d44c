//! A new connection after a broken one: which attempts get one, and what it brings over pools that have died.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod choice;
mod dead_http2;
mod server;
mod stale_pool;
