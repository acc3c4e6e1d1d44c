//! Names of points: each as near to its point as nothing else is.

use crate::output::plot::svg::{Anchor, Label, Svg};

/// A point with a name, and the box of what is drawn for it.
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
    pub(super) at: (f64, f64),
    pub(super) mark: Label,
}

/// Points nearer than this to each other share a text: their marks cover each other.
const SAME: f64 = 5.0;
/// Characters of a line of names.
const LINE: usize = 30;
const LINE_HEIGHT: f64 = 14.0;
/// Free to both sides of a text, so that two of them do not read as one.
const SPACE: f64 = 4.0;
/// From this far on, a line leads from the point to its name.
const BESIDE: f64 = 10.0;

/// Writes all names inside this box, with a line to the point where a name is not beside it.
pub(super) fn name(svg: &mut Svg, points: &[Named<'_>], room: &Label) {
    let mut taken: Vec<Label> = points.iter().map(|point| point.mark.clone()).collect();
    for group in groups(points) {
        let at = group[0].at;
        let lines = lines(&group);
        let fits = |place: &Place, led: bool| {
            let free = |label: &Label| {
                let spaced = Label { left: label.left - SPACE, right: label.right + SPACE, ..label.clone() };
                svg.is_free(&spaced)
                    && room.contains(label)
                    && taken.iter().all(|other| !other.overlaps(label))
            };
            let clear = |point: &Label| svg.is_free(point);
            place.labels(at, &lines).iter().all(free) && (!led || place.lead(at).iter().all(clear))
        };
        let places = places(lines.len());
        let place = places.iter().find(|place| fits(place, true));
        let Some(place) = place.or_else(|| places.iter().find(|place| fits(place, false))) else { continue };
        if place.dx.abs() > BESIDE {
            svg.line("lead", at, place.end(at));
            taken.extend(place.lead(at));
        }
        for (index, line) in lines.iter().enumerate() {
            let (x, y) = place.line(at, index, lines.len());
            svg.text(x, y, place.anchor, "", line);
        }
    }
}

/// The points whose marks cover each other, together.
fn groups<'a, 'b>(points: &'b [Named<'a>]) -> Vec<Vec<&'b Named<'a>>> {
    let mut groups: Vec<Vec<&Named<'_>>> = Vec::new();
    for point in points {
        let same = |group: &&mut Vec<&Named<'_>>| {
            let (x, y) = group[0].at;
            (x - point.at.0).abs() < SAME && (y - point.at.1).abs() < SAME
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(point),
            None => groups.push(vec![point]),
        }
    }
    groups
}

/// The names of a group, broken into short lines.
fn lines(group: &[&Named<'_>]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for point in group {
        match lines.last_mut() {
            Some(line) if line.len() + 2 + point.name.len() <= LINE => *line += &format!(", {}", point.name),
            Some(line) => {
                line.push(',');
                lines.push(point.name.to_owned());
            }
            None => lines.push(point.name.to_owned()),
        }
    }
    lines
}

/// Where a text may stand, from its point.
#[derive(Debug, Clone, Copy)]
struct Place {
    dx: f64,
    /// Of the last line above the point, of the first one below.
    dy: f64,
    anchor: Anchor,
}

impl Place {
    fn line(self, (x, y): (f64, f64), index: usize, lines: usize) -> (f64, f64) {
        let index = index as f64 - if self.dy < 0.0 { lines as f64 - 1.0 } else { 0.0 };
        (x + self.dx, y + self.dy + index * LINE_HEIGHT)
    }

    fn labels(self, at: (f64, f64), lines: &[String]) -> Vec<Label> {
        let label = |(index, line): (usize, &String)| {
            let (x, y) = self.line(at, index, lines.len());
            Label::new(x, y, self.anchor, "", line)
        };
        lines.iter().enumerate().map(label).collect()
    }

    /// Where a line to the text ends.
    fn end(self, (x, y): (f64, f64)) -> (f64, f64) {
        (x + self.dx - self.dx.signum() * 3.0, y + self.dy - 4.0)
    }

    /// Points along that line.
    fn lead(self, at: (f64, f64)) -> Vec<Label> {
        let end = self.end(at);
        let along = |step| {
            let share = f64::from(step) / 20.0;
            Label::around(at.0 + share * (end.0 - at.0), at.1 + share * (end.1 - at.1))
        };
        (0..=20).map(along).collect()
    }
}

/// Beside the point, then farther and farther away.
fn places(lines: usize) -> Vec<Place> {
    // Above or below first: the grid goes through what is beside.
    let beside = [
        (0.0, -10.0, Anchor::Middle),
        (8.0, -6.0, Anchor::Start),
        (-8.0, -6.0, Anchor::End),
        (9.0, 15.0, Anchor::Start),
        (-9.0, 15.0, Anchor::End),
        (9.0, 4.0, Anchor::Start),
        (-9.0, 4.0, Anchor::End),
    ];
    let mut far: Vec<(f64, f64, Anchor)> = Vec::new();
    for dx in [14.0, 30.0, 50.0, 75.0, 105.0] {
        for step in 0..9 {
            let dy = f64::from(step) * LINE_HEIGHT + 8.0;
            far.extend([
                (dx, -dy, Anchor::Start),
                (-dx, -dy, Anchor::End),
                (dx, dy, Anchor::Start),
                (-dx, dy, Anchor::End),
            ]);
        }
    }
    far.sort_by(|one, other| one.0.hypot(one.1).total_cmp(&other.0.hypot(other.1)));
    let beside = beside.into_iter().filter(|place| lines == 1 || place.1 != 4.0);
    beside.chain(far).map(|(dx, dy, anchor)| Place { dx, dy, anchor }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_that_cover_each_other_share_a_text() {
        let point = |name, x| Named { name, at: (x, 50.0), mark: Label::around(x, 50.0) };
        let points = [
            point("content-aware", 100.0),
            point("recommended", 103.0),
            point("flat", 104.0),
            point("naive", 110.0),
        ];
        let groups = groups(&points);
        assert_eq!(groups.len(), 2);
        assert_eq!(lines(&groups[0]), ["content-aware, recommended,", "flat"]);
        assert_eq!(lines(&groups[1]), ["naive"]);
    }
}
