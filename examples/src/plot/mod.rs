//! Plots as SVG: one page per stage as in the talk, and what many seeds show.
//!
//! A small writer of its own, for what a plotting library does not do: classes in place of colours, so that the same
//! plot follows a page's light or dark scheme; patterns, so that it can be read in black and white; and labels whose
//! boxes are known, so that a test can say that none covers another. The same figures give the same bytes.

mod axis;
mod distribution;
mod histogram;
mod label;
mod memory;
mod naming;
mod outcome;
mod pairs;
mod probe_effect;
mod requests;
mod scale;
mod stage;
mod style;
mod svg;
mod tail;
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
    style::{Palette, sheet},
    svg::Svg,
    tail::{goodput, slower},
    time_success::{TimeSuccess, time_success},
    timelines::timelines,
};
pub(crate) use self::{
    label::width,
    svg::{Anchor, WIDTH, escape},
};
