//! What a download costs in each way: a row for each file and trouble, a panel for each cost.

use super::row::Row;
use crate::output::plot::{
    axis,
    scale::Scale,
    svg::{Anchor, Svg},
};

const TOP: f64 = 84.0;
const GROUP: f64 = 62.0;
const BAR: f64 = 13.0;
/// Left and right of each panel.
const PANELS: [(f64, f64); 3] = [(140.0, 294.0), (346.0, 506.0), (546.0, 704.0)];
/// So many ways, which stand together.
const WAYS: usize = 3;

/// Rows in threes: restart, resume, stream.
#[must_use]
pub(super) fn costs(rows: &[Row]) -> Svg {
    let bottom = TOP + (rows.len() / WAYS) as f64 * GROUP;
    let shows = "What a download that breaks off costs: bytes sent, time, and memory held, where it begins anew, is \
                 resumed, or is continued while it is read";
    let mut svg = Svg::new("download", shows, bottom + 42.0);
    svg.text(14.0, 22.0, Anchor::Start, "head", "Downloads that break off: what each way costs");
    for (index, name) in
        ["begun anew", "resumed, held in memory", "continued while it is read"].into_iter().enumerate()
    {
        let x = 14.0 + 184.0 * index as f64;
        svg.rect(class(index), x, 34.0, 11.0, 11.0);
        svg.text(x + 17.0, 44.0, Anchor::Start, "small", name);
    }
    svg.cross("bad-line", 572.0, 39.5, 4.0);
    svg.text(582.0, 44.0, Anchor::Start, "small", "share that never came");
    let most = |of: fn(&Row) -> f64| rows.iter().map(of).fold(0.0, f64::max);
    let sent = Scale::up_to(most(Row::sent_per_byte), 3, PANELS[0]);
    let time = Scale::logarithmic((1.0, most(|row| row.seconds).max(10.0) * 1.1), PANELS[1]);
    let held = Scale::logarithmic((1.0, most(|row| row.held_bytes as f64 / 1e3).max(10.0) * 1.1), PANELS[2]);
    for ((scale, caption), (left, _)) in
        [(&sent, "sent / file"), (&time, "seconds"), (&held, "kB held")].into_iter().zip(PANELS)
    {
        svg.text(left, TOP - 14.0, Anchor::Start, "caption", caption);
        axis::columns(&mut svg, scale, (TOP, bottom));
    }
    for (group, rows) in rows.chunks(WAYS).enumerate() {
        let top = TOP + group as f64 * GROUP + 8.0;
        if let Some(row) = rows.first() {
            svg.text(14.0, top + BAR, Anchor::Start, "caption", row.file);
            svg.text(14.0, top + BAR + 16.0, Anchor::Start, "small", &row.trouble.replace(",", ", "));
            svg.text(
                14.0,
                top + BAR + 31.0,
                Anchor::Start,
                "small",
                &format!("{} s of silence", row.silence_seconds),
            );
        }
        for (index, row) in rows.iter().enumerate() {
            let y = top + index as f64 * (BAR + 2.0);
            for (scale, value) in
                [(&sent, row.sent_per_byte()), (&time, row.seconds), (&held, row.held_bytes as f64 / 1e3)]
            {
                let from = scale.ends().0;
                let to = scale.at(value.max(if from == PANELS[0].0 { 0.0 } else { 1.0 }));
                svg.rect(class(index), from, y, (to - from).max(1.0), BAR);
            }
            if row.failed > 0 {
                let (x, y) = (sent.at(row.sent_per_byte()) + 8.0, y + BAR / 2.0);
                svg.cross("bad-line", x, y, 4.0);
                let share = 100.0 * row.failed as f64 / row.downloads() as f64;
                svg.text(x + 7.0, y + 4.0, Anchor::Start, "small", &format!("{share:.0} %"));
            }
        }
    }
    for scale in [&sent, &time, &held] {
        axis::bottom(&mut svg, scale, bottom, "");
    }
    svg
}

fn class(way: usize) -> &'static str {
    ["hatch", "paper", "good"][way % WAYS]
}
