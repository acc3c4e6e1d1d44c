//! The talk's stages over a real kernel's TCP, beside the lab.
//!
//! The network is [`sim::kernel`](crate::sim::kernel)'s, the loss and the functions that are called are the lab's, the time
//! is real: many networks run side by side, and a run of all stages takes some ten minutes whatever the number of runs.

mod answer;
mod arguments;
mod command;
mod difference;
mod files;
mod measure;
mod page;
mod plot;
mod spread;
mod table;

pub use self::{
    answer::answer,
    arguments::KernelRuns,
    difference::{Difference, Figure},
    measure::{KernelRun, measure},
    spread::Spread,
};
