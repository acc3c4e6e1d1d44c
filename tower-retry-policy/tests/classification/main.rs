//! Which phase a failure belongs to, asked of real clients over real connections to a server that misbehaves.
//!
//! The tables are the documentation too: one row says what the server does, which phase the policy sees, and
//! how often the server saw a `GET` and a `POST` under a policy of three attempts.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod client;
mod http1;
mod http2;
mod server;
