//! `sweep`: one or two settings varied, and the map of what comes of it.

mod arguments;
mod axis;
mod map;
mod measure;
mod order;
mod report;
mod svg;
mod text;

pub use self::{
    arguments::SweepQuestion,
    axis::Axis,
    map::{Cell, Map},
    report::sweep,
};
