//! Tail latency on a good network: what a second attempt gains where one answer in a hundred is slow, and what it does
//! to a server that stands still.
//!
//! Two experiments over a server that is a function, with the real layers around it, in virtual time:
//!
//! - [`tail`]: a server whose answers take 5 to 15 ms, one in a hundred of them a hundred times as long (Dean and
//!   Barroso, "The Tail at Scale", 2013)
//! - [`stall`]: a server with ten workers at 80 % load, which stands still for two seconds and then serves those too
//!   who have left
//! - [`tails`], [`stalls`]: all of their variants over many seeds

mod answer;
mod arrivals;
mod experiment;
mod latencies;
mod picture;
mod plot;
mod report;
mod slow;
mod stall;
mod variants;
mod workers;

pub use self::{
    answer::answer,
    experiment::{Stalled, Tail, stalls, tails},
    latencies::Latencies,
    picture::{slower_than, stalled},
    report::{csv, json, seconds_csv, table},
    slow::{CALLS, EVERY, QUICK, SLOW, Slow, TIMES, tail},
    stall::{BEFORE, LOAD, PATIENCE, SECONDS, STALL, Second, recovery, stall},
    variants::{STALLS, TAILS, Variant},
    workers::{SERVICE, WORKERS, Workers},
};
