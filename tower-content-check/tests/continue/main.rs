//! Bodies that continue themselves, over a scripted service. Each case has its number in its name.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod begins;
mod checks;
mod limits;
mod outside;
mod parts;
mod reader;
mod refusals;
mod schedules;
mod services;
mod stack;
mod wholes;
mod wire;
mod world;
