//! The front door against random calls, with an oracle of its own that counts at the server.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod exact;
mod side_by_side;
mod tower_loop;
mod world;
