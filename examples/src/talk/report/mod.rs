//! The figures of the talk: the table on the terminal, and what the files hold.

mod samples;
mod statistics;
mod summary;
mod table;

pub use self::{
    samples::samples_csv,
    statistics::Statistics,
    summary::{StageSummary, Summary},
    table::table,
};
