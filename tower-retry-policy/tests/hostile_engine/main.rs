#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

//! The loop of attempts, attacked from its documentation alone: random scripts against an oracle, calls that are dropped at
//! every poll, uploads with two readers, and rules that are easily broken.

mod copies;
mod drops;
mod holding_back;
mod invariants;
mod learning;
mod ledger;
mod model;
mod oracle;
mod overrides;
mod panics;
mod play;
mod random;
mod script;
mod server;
mod shared;
mod uploads;
