//! The loop of attempts: one after the other, and side by side.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod hedge;
mod readiness;
mod script;
