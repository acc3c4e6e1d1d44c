//! Several base addresses for one service: which one an attempt goes to, and which ones are left alone.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod breaker;
mod budget;
mod call;
mod ejection;
mod hold_back;
mod hosts;
mod list;
mod loopback;
mod model;
mod place;
