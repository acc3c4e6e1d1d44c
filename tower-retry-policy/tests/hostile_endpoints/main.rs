//! Several hosts for one service, from the words of the documentation alone.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod connecting;
mod limits;
mod model;
mod random;
mod targets;
mod threads;
mod world;
