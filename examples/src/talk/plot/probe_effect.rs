//! The talk's stages with the probe beside them, and without.

use super::distribution::{Distribution, LEFT, RIGHT, bars, percents};
use crate::output::plot::{
    axis,
    svg::{Anchor, Svg},
};

const ROW: f64 = 52.0;
const BAR: f64 = 21.0;
const HEAD: f64 = 62.0;

/// One stage with and without the probe.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ProbeEffect {
    /// With it, as in the talk.
    pub with: Distribution,
    /// Without it.
    pub without: Distribution,
}

impl ProbeEffect {
    /// Of one stage.
    #[must_use]
    pub fn new(with: Distribution, without: Distribution) -> Self {
        Self { with, without }
    }
}

/// Draws a row for each stage: with the probe above the line, without it below.
#[must_use]
pub fn probe_effect(rows: &[ProbeEffect]) -> Svg {
    let scale = percents();
    let bottom = HEAD + rows.len() as f64 * ROW;
    let seeds = rows.first().map_or(0, |row| row.with.percents.len());
    let shows = "How many calls of the talk's stages succeed with the probe and without it";
    let mut svg = Svg::new("probe-effect", shows, bottom + 44.0);
    svg.text(
        14.0,
        22.0,
        Anchor::Start,
        "head",
        &format!("With the probe and without it, over {seeds} seeds"),
    );
    svg.rect("good", 14.0, 34.0, 11.0, 11.0);
    svg.text(31.0, 44.0, Anchor::Start, "small", "above the line: with the probe");
    svg.rect("hatch", 214.0, 34.0, 11.0, 11.0);
    svg.text(231.0, 44.0, Anchor::Start, "small", "below: without");
    svg.diamond("paper", 336.0, 39.5, 5.0);
    svg.text(347.0, 44.0, Anchor::Start, "small", "the talk's one run");
    svg.text(RIGHT + 110.0, 44.0, Anchor::End, "caption", "mean");
    svg.text(RIGHT + 162.0, 44.0, Anchor::End, "caption", "talk");
    axis::columns(&mut svg, &scale, (HEAD - 4.0, bottom));
    for (index, ProbeEffect { with, without }) in rows.iter().enumerate() {
        let middle = HEAD + index as f64 * ROW + 24.0;
        svg.text(LEFT - 14.0, middle + 4.0, Anchor::End, "", &with.name);
        bars(&mut svg, "good", with, &scale, middle, BAR);
        bars(&mut svg, "hatch", without, &scale, middle, -BAR);
        svg.line("axis", (LEFT, middle), (RIGHT, middle));
        svg.text(RIGHT + 110.0, middle - 5.0, Anchor::End, "", &format!("with {:.1} %", with.mean()));
        svg.text(RIGHT + 110.0, middle + 13.0, Anchor::End, "", &format!("without {:.1} %", without.mean()));
        if let Some(percent) = with.talk {
            svg.diamond("paper", scale.at(f64::from(percent)), middle, 5.0);
            svg.text(RIGHT + 162.0, middle + 4.0, Anchor::End, "", &format!("{percent} %"));
        }
    }
    axis::bottom(&mut svg, &scale, bottom, "% of a run's calls that succeed");
    svg
}
