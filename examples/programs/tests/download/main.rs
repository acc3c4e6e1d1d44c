//! The program `download`, as its user starts it, before a server whose connections break.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod digests;
mod earlier_run;
mod input;
mod one_run;
mod run;
mod server;
