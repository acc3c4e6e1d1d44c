//! What a command leaves: a text on the terminal and files in a directory; and how far it has come.

mod answer;
mod directory;
mod grid;
pub mod interrupt;
pub mod plot;
pub mod progress;

pub use self::{
    answer::{Answer, File},
    directory::{OutputDirectory, OutputError},
    grid::grid,
};
