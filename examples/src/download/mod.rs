//! Downloads that break off: what range resumption saves.
//!
//! A file of 200 kB is fetched over a network that loses packets in bursts, with the settings of the stage
//! [`recommended`](crate::talk::stages::recommended) and with shorter limits on the silence within the body, each with and
//! without `ResumeLayer`. The shorter the limit, the more often a download breaks off that would have gone on; what
//! that costs depends on whether the next attempt begins at the first byte or at the missing one.

mod answer;
mod counted;
mod fetch;
mod file;
mod report;
mod run;
mod server;

pub use self::{
    answer::answer,
    fetch::Variant,
    file::File,
    report::{csv, json, table},
    run::{Download, Outcome, VARIANTS, downloads},
    server::FileServer,
};
