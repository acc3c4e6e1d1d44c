//! Request bodies that are recorded: by themselves, under the policy, and over real connections.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod alone;
mod announced;
mod connections;
mod cuts;
mod hedged_connections;
#[path = "../loops/mod.rs"]
mod loops;
mod policy;
mod reading_server;
mod side_by_side;
mod upload;
