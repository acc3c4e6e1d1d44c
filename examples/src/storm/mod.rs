//! A retry storm: a fleet of clients, a server that is briefly away, and what the retries make of it.
//!
//! The server has one queue. When it comes back from the outage the queue is full of requests whose clients
//! have left, and while it works on those the next ones leave too. Whether it ever gets out of that depends on
//! nothing but how much is asked of it: such a state, which outlives its cause, is called metastable
//! (Bronson, Aghayev, Charapko, Zhu: "Metastable Failures in Distributed Systems", HotOS 2021).
//!
//! - [`Server`]: the queue and its outage
//! - [`VARIANTS`]: the stacks of layers that are compared
//! - [`storm`]: one run with two hundred clients; [`storms`]: all of them over many seeds
//! - [`Figures`]: what came of it

mod answer;
mod clients;
mod experiment;
mod figures;
mod plot;
mod record;
mod report;
mod server;
mod variants;

pub use self::{
    answer::answer,
    clients::{CLIENTS, OUTAGE, PAUSE, SECONDS, storm},
    experiment::{Outcome, storms},
    figures::Figures,
    plot::picture,
    record::{MeanSecond, Record, Second},
    report::{csv, json, table},
    server::{QUEUE, SERVICE, SLOWDOWN, Server},
    variants::{
        BUDGET_WINDOW, Call, FLOOR, RATIO, RETRIES, Stack, THROTTLE_WINDOW, TIMEOUT, VARIANTS, Variant,
    },
};
