//! What the stages cost: requests sent per call.

use crate::output::plot::{
    axis,
    scale::Scale,
    svg::{Anchor, Svg},
};

const LEFT: f64 = 112.0;
const RIGHT: f64 = 520.0;
const ROW: f64 = 26.0;
const HEAD: f64 = 54.0;

/// One stage's requests.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Requests {
    /// The stage's name.
    pub name: String,
    /// Sent per call, as the mean over the seeds.
    pub per_call: f64,
    /// What the stage allows itself for one call.
    pub at_most: u32,
}

impl Requests {
    /// Of one stage.
    #[must_use]
    pub fn new(name: &str, per_call: f64, at_most: u32) -> Self {
        Self { name: name.to_owned(), per_call, at_most }
    }
}

/// Draws a bar for each stage.
#[must_use]
pub fn requests(rows: &[Requests]) -> Svg {
    let bottom = HEAD + rows.len() as f64 * ROW;
    let most = rows.iter().map(|row| row.per_call).fold(1.0, f64::max);
    let scale = Scale::linear((0.0, most), (LEFT, RIGHT));
    let mut svg = Svg::new("requests", "Requests sent per call in each stage", bottom + 42.0);
    svg.text(14.0, 22.0, Anchor::Start, "head", "Requests sent per call");
    svg.text(RIGHT + 60.0, 40.0, Anchor::End, "caption", "mean");
    svg.text(RIGHT + 160.0, 40.0, Anchor::End, "caption", "at most");
    axis::columns(&mut svg, &scale, (HEAD - 6.0, bottom));
    for (index, row) in rows.iter().enumerate() {
        let y = HEAD + index as f64 * ROW;
        svg.text(LEFT - 14.0, y + 12.0, Anchor::End, "", &row.name);
        svg.rect("good", LEFT, y, scale.at(row.per_call) - LEFT, 15.0);
        svg.text(RIGHT + 60.0, y + 12.0, Anchor::End, "", &format!("{:.2}", row.per_call));
        svg.text(RIGHT + 160.0, y + 12.0, Anchor::End, "", &row.at_most.to_string());
    }
    axis::bottom(
        &mut svg,
        &scale,
        bottom,
        "requests per call, the first included; a call that never began counts as none",
    );
    svg
}
