//! A retry storm: a fleet of clients, a server that is briefly away, and what the retries make of it.
//!
//! The server has one queue. When it comes back from the outage the queue is full of requests whose clients
//! have left, and while it works on those the next ones leave too. Whether it gets out of that depends on how much is
//! asked of it: such a state, which outlives its cause, is called metastable
//! (Bronson, Aghayev, Charapko, Zhu: "Metastable Failures in Distributed Systems", HotOS 2021).
//!
//! - [`Setting`]: the fleet, the server and the outage; [`Storm`]: the same as flags
//! - [`Server`]: the queue and its outage
//! - [`VARIANTS`]: the stacks of layers that are compared
//! - [`storm()`]: one run; [`storms`]: all variants over many seeds; [`map()`]: over loads and first waits too
//! - [`Figures`], [`Spread`]: what came of it

mod answer;
mod arguments;
mod clients;
mod experiment;
mod figures;
mod map;
mod map_plot;
mod plot;
mod record;
mod report;
mod server;
mod setting;
mod spread;
mod variants;

pub use self::{
    answer::answer,
    arguments::Storm,
    clients::storm,
    experiment::{Outcome, storms},
    figures::Figures,
    map::{Cell, LOADS, WAITS, cell, cells, map},
    map_plot::map_picture,
    plot::picture,
    record::{MeanSecond, Record, Second},
    report::{csv, json, map_csv, map_table, table},
    server::{SLOWDOWN, Server},
    setting::Setting,
    spread::Spread,
    variants::{BUDGET_WINDOW, Call, FLOOR, RATIO, Stack, THROTTLE_WINDOW, VARIANTS, Variant},
};
