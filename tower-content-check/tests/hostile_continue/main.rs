//! A server that cuts, changes and lies, against bodies that continue themselves. What is read must be the beginning of
//! the one true version and then an error, or that version whole.
//!
//! `CONTINUE_CALLS` (in this process), `CONTINUE_WIRE_CALLS` (over sockets) and `CONTINUE_SEED` set how many calls are made,
//! and from which seed on.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]
#![allow(clippy::print_stderr, clippy::print_stdout, reason = "it says what came of it and how to repeat it")]

mod asked;
mod found;
mod fuzz;
mod lies;
mod model;
mod plan;
mod reader;
mod reply;
mod rng;
mod server;
mod spy;
mod truth;
mod wire;
