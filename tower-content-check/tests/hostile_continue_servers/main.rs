//! Servers that are in use: nginx, where it is installed, and tower-http's `ServeDir`. Between them and hyper-util's
//! client stands a proxy that cuts each connection after so many bytes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]
#![allow(clippy::print_stdout, reason = "it says what it skips")]
#![cfg(unix)]

mod cutting;
mod files;
mod nginx;
mod serve_dir;
