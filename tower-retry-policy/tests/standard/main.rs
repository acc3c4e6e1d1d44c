//! The recommended stack as one layer: what it does by default, and over which clients.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[allow(dead_code, reason = "each test file uses its own part")]
#[path = "../bodies/mod.rs"]
mod bodies;
mod causes;
mod defaults;
mod edges;
mod grpc;
mod reqwest_client;
mod stored;
