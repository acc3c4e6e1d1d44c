//! Settings from files and from the environment: what they make, and what is said of those that cannot be meant.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod behaviour;
mod defaults;
mod durations;
mod formats;
mod merging;
mod mistakes;
mod properties;
