//! Plots as SVG.
//!
//! A small writer of its own, for what a plotting library does not do: classes in place of colours, so that the same
//! plot follows a page's light or dark scheme; patterns, so that it can be read in black and white; and labels whose
//! boxes are known, so that a test can say that none covers another. The same figures give the same bytes.

pub(crate) mod axis;
mod embedded;
pub(crate) mod label;
pub(crate) mod scale;
pub(crate) mod series;
pub(crate) mod style;
pub(crate) mod svg;

pub(crate) use self::{
    embedded::embedded,
    label::width,
    svg::{Anchor, WIDTH, escape},
};
pub use self::{
    style::{Palette, sheet},
    svg::Svg,
};
