//! The limit on the way to a connection: what it ends was never sent, and what was sent it never ends.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod clients;
mod connector;
mod paused;
mod tls;
mod waiting;
