//! Which phase a failure belongs to, asked of real clients over real connections to a server that misbehaves.
//!
//! The table is the documentation too: `src/classify/clients.md` is what the crate's readers see, and each of its
//! cells is what a call of this test came to.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod client;
mod errors;
mod http1;
mod http2;
mod in_process;
#[path = "../loops/mod.rs"]
mod loops;
mod misbehaviour;
mod server;
mod table;
mod tls;
