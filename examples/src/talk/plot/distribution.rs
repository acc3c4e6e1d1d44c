//! Successes over all seeds: the whole distribution of each stage, and where the talk's one run lies in it.

use crate::output::plot::{
    axis,
    scale::Scale,
    svg::{Anchor, Svg},
};

pub(super) const LEFT: f64 = 112.0;
pub(super) const RIGHT: f64 = 544.0;
const ROW: f64 = 36.0;
const BAR: f64 = 22.0;
const HEAD: f64 = 62.0;

/// One stage over its seeds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Distribution {
    /// The stage's name.
    pub name: String,
    /// The talk's successes, in percent.
    pub talk: Option<u32>,
    /// Each seed's successes, in percent.
    pub percents: Vec<f64>,
}

impl Distribution {
    /// Of runs of so many calls, by their successes.
    #[must_use]
    pub fn new(name: &str, talk: Option<u32>, calls: usize, successes: impl Iterator<Item = usize>) -> Self {
        let percents = successes.map(|ok| ok as f64 * 100.0 / calls.max(1) as f64).collect();
        Self { name: name.to_owned(), talk, percents }
    }

    pub(super) fn mean(&self) -> f64 {
        self.percents.iter().sum::<f64>() / self.percents.len().max(1) as f64
    }
}

/// The axis of the successes.
pub(super) fn percents() -> Scale {
    Scale::linear((0.0, 100.0), (LEFT, RIGHT))
}

/// A bar for each percent, as high as its share of the seeds; upward for a positive height.
pub(super) fn bars(svg: &mut Svg, class: &str, of: &Distribution, scale: &Scale, foot: f64, height: f64) {
    let mut counts = [0_u32; 101];
    for percent in &of.percents {
        counts[(percent.floor() as usize).min(100)] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let width = scale.at(1.0) - scale.at(0.0);
    for (percent, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let bar = f64::from(*count) / f64::from(most) * height;
        let x = scale.at(percent as f64) - width / 2.0;
        svg.rect(class, x, foot - bar.max(0.0), width, bar.abs());
    }
}

/// Draws a row for each stage.
#[must_use]
pub fn distribution(rows: &[Distribution]) -> Svg {
    let scale = percents();
    let bottom = HEAD + rows.len() as f64 * ROW;
    let seeds = rows.first().map_or(0, |row| row.percents.len());
    let shows =
        format!("How many of a run's calls succeed in each stage, over {seeds} seeds, beside the talk's run");
    let mut svg = Svg::new("successes", &shows, bottom + 46.0);
    svg.text(14.0, 22.0, Anchor::Start, "head", &format!("Calls that succeed, over {seeds} seeds"));
    svg.rect("good", 14.0, 34.0, 11.0, 11.0);
    svg.text(31.0, 44.0, Anchor::Start, "small", "share of the seeds");
    svg.pointer("ink", 160.0, 35.0);
    svg.text(170.0, 44.0, Anchor::Start, "small", "the talk's one run");
    svg.text(RIGHT + 74.0, 44.0, Anchor::End, "caption", "mean");
    svg.text(RIGHT + 140.0, 44.0, Anchor::End, "caption", "talk");
    axis::columns(&mut svg, &scale, (HEAD - 4.0, bottom));
    for (index, row) in rows.iter().enumerate() {
        let foot = HEAD + index as f64 * ROW + BAR;
        svg.text(LEFT - 14.0, foot, Anchor::End, "", &row.name);
        svg.line("lead", (LEFT, foot), (RIGHT, foot));
        bars(&mut svg, "good", row, &scale, foot, BAR);
        svg.text(RIGHT + 74.0, foot, Anchor::End, "", &format!("{:.2} %", row.mean()));
        let talk = row.talk.map_or_else(|| "-".to_owned(), |percent| format!("{percent} %"));
        svg.text(RIGHT + 140.0, foot, Anchor::End, "", &talk);
        if let Some(percent) = row.talk {
            svg.pointer("ink", scale.at(f64::from(percent)), foot + 1.5);
        }
    }
    axis::bottom(&mut svg, &scale, bottom + 4.0, "% of a run's calls");
    svg
}
