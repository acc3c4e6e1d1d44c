//! Questions about one's own network and policy.
//!
//! `try` measures one policy on one network, `sweep` varies one or two of the [settings](setting::Setting), and `tune`
//! looks for the best policy within limits. All three stand on `stack.rs`, which turns settings into this project's
//! layers, and on `run.rs`, which lets them call the lab's server.

mod against;
mod answer;
mod arguments;
mod code;
mod configuration;
mod duration;
mod figures;
mod file;
pub(crate) mod interval;
pub(crate) mod latencies;
mod over_kernel;
mod report;
mod run;
pub(crate) mod seeds;
pub mod setting;
mod settings;
mod stack;
pub mod sweep;
pub mod tune;

pub use self::{
    answer::answer,
    arguments::{Question, Trial},
    code::code,
    configuration::configuration,
    figures::{Estimate, Figures},
    interval::Interval,
    report::{csv, json, table},
    run::{Run, runs},
    seeds::run_seed,
    settings::{Conditions, Growth, Judged, Load, Policy, Settings, Spending},
};
