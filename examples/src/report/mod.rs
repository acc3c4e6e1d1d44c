//! What an experiment leaves: a table on the terminal and files in a directory.

mod answer;
mod grid;
mod output;
mod samples;
mod statistics;
mod summary;
mod table;

pub use self::{
    answer::Answer,
    grid::grid,
    output::{OutputDirectory, OutputError},
    samples::samples_csv,
    statistics::Statistics,
    summary::{StageSummary, Summary},
    table::table,
};
