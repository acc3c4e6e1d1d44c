//! The plots of the talk: one page per stage as in the talk, and what many seeds show.

mod distribution;
mod histogram;
mod memory;
mod naming;
mod outcome;
mod pairs;
mod probe_effect;
mod requests;
mod stage;
#[cfg(test)]
mod tests;
mod time_success;
mod timelines;
mod traffic;

pub use self::{
    distribution::{Distribution, distribution},
    memory::memory,
    pairs::pairs,
    probe_effect::{ProbeEffect, probe_effect},
    requests::{Requests, requests},
    stage::{Limit, StagePage, stage},
    time_success::{TimeSuccess, time_success},
    timelines::timelines,
};
