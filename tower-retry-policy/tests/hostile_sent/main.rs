//! The server counts what it saw: nothing is sent twice that may have been processed, and nothing is refused that was right.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod client;
mod connecting;
mod http1;
mod http2;
#[path = "../loops/mod.rs"]
mod loops;
mod nested;
mod random;
mod raw_http2;
mod replay;
mod too_early;
mod transport_error;
mod tunnel;
mod upload_error;
